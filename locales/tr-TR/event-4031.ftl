# Texts of event 4031 (DispatchSessionFailed) in Turkish.
# Both parts are ours, in the terms of Microsoft's documentation and Event Viewer;
# the names of the keyword and the channel stay as identifiers.

## The documentation page

title = 4031 - DispatchSessionFailed
properties-heading = Özellikler
id-label = Kimlik
keywords-label = Anahtar sözcükler
keyword-name = ActivationServices
level-label = Düzey
level-name = Hata
channel-label = Kanal
channel-name = Microsoft-Windows-Application Server-Applications/Analytic
description-heading = Açıklama
description = Bu olay, oturum gönderimi başarısız olduğunda oluşturulur.
message-heading = İleti
message = Oturum gönderimi başarısız oldu.
details-heading = Ayrıntılar

## Details of one occurrence

time-label = Tarih ve saat
error-label = Hata
error-type-label = Hata türü
signal-label = Algılayan kural
duration-label = Süre (ms)
activity-id-label = Etkinlik kimliği
span-label = Span
target-label = Hedef (tracing)
source-label = Kaynak kodu
parents-label = Üst span’ler
fields-label = Alanlar
app-label = Uygulama
host-label = Ana bilgisayar
process-label = İşlem kimliği
thread-label = İş parçacığı
suppressed-label = Gösterilmeyen benzer hatalar
