# Texts of the page that `dispatch-failure report` writes, in Turkish.
# The event's own texts are those of event-4031.ftl.

language-name = Türkçe
report-title = Başarısız gönderimler
language = Dil
appearance = Görünüm
appearance-auto = Otomatik
appearance-light = Açık
appearance-dark = Koyu
failures = Hatalar
period = Dönem (UTC)
median = Ortanca süre
longest = En uzun süre
over-time = Zamana göre hatalar
by-cause = Nedene göre
by-span = Span'a göre
by-field = Alana göre
durations = Süreler
records = Kayıtlar
search = Tüm metinlerde ara
clear = Filtreleri temizle
remove-filter = Filtreyi kaldır
matching = { $shown } / { $total }
newest = { $total } kaydın en yeni { $shown } tanesi
no-match = Eşleşen kayıt yok.
unknown = Bilinmiyor
others = Diğer
close = Kapat
previous = Önceki kayıt
next = Sonraki kayıt
without-scripts = Betikler kapalı olduğundan özet ve en yeni kayıtlar gösteriliyor.
