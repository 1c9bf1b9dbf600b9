# Texts of the page that `dispatch-failure report` writes, in Korean.
# The event's own texts are those of event-4031.ftl.

language-name = 한국어
report-title = 실패한 디스패치
language = 언어
appearance = 화면 모드
appearance-auto = 자동
appearance-light = 밝게
appearance-dark = 어둡게
failures = 실패
period = 기간(UTC)
median = 소요 시간 중앙값
longest = 최장 소요 시간
over-time = 시간별 실패
by-cause = 원인별
by-span = 스팬별
by-field = 필드별
durations = 소요 시간 분포
records = 레코드
search = 모든 텍스트 검색
clear = 필터 지우기
remove-filter = 필터 제거
matching = { $total }개 중 { $shown }개
newest = 레코드 { $total }개 중 최신 { $shown }개
no-match = 일치하는 레코드가 없습니다.
unknown = 알 수 없음
others = 기타
close = 닫기
previous = 이전 레코드
next = 다음 레코드
without-scripts = 스크립트가 꺼져 있어 요약과 최신 레코드만 표시합니다.
