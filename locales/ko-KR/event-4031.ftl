# Texts of event 4031 (DispatchSessionFailed) in Korean.
# Under the first heading: verbatim from
# dotnet/docs, 4031 - DispatchSessionFailed, ko-KR.
# Under the second heading: ours.

## The documentation page

title = 4031 - DispatchSessionFailed
properties-heading = 속성
id-label = ID
keywords-label = 키워드
keyword-name = ActivationServices
level-label = 수준
level-name = 오류
channel-label = 채널
channel-name = Microsoft-Windows-응용 프로그램 서버-응용 프로그램/분석
description-heading = 설명
description = 이 이벤트는 세션을 디스패치하지 못할 경우 내보내집니다.
message-heading = 메시지
message = 세션을 디스패치하지 못했습니다.
details-heading = 설명

## Details of one occurrence

time-label = 날짜 및 시간
error-label = 오류
error-type-label = 오류 유형
signal-label = 감지 규칙
duration-label = 소요 시간(ms)
activity-id-label = 활동 ID
span-label = 스팬
target-label = 대상(tracing)
source-label = 소스 코드
parents-label = 부모 스팬
fields-label = 필드
app-label = 응용 프로그램
host-label = 호스트
process-label = 프로세스 ID
thread-label = 스레드
suppressed-label = 표시되지 않은 유사한 실패 수
