# Texts of event 4031 (DispatchSessionFailed) in French.
# Under the first heading: verbatim from
# dotnet/docs, 4031 - DispatchSessionFailed, fr-FR.
# Under the second heading: ours.

## The documentation page

title = 4031 - DispatchSessionFailed
properties-heading = Propriétés
id-label = ID
keywords-label = Mots clés
keyword-name = ActivationServices
level-label = Niveau
level-name = Erreur
channel-label = Canal
channel-name = Microsoft-Windows-Application Server-Applications/Analyse
description-heading = Description
description = Cet événement est émis lorsque la distribution de session a échoué.
message-heading = Message
message = Échec de la distribution de sessions.
details-heading = Détails

## Details of one occurrence

time-label = Date et heure
error-label = Erreur
error-type-label = Type d’erreur
signal-label = Détecté par
duration-label = Durée (ms)
activity-id-label = ID d’activité
span-label = Span
target-label = Cible (tracing)
source-label = Code source
parents-label = Spans parents
fields-label = Champs
app-label = Application
host-label = Hôte
process-label = ID de processus
thread-label = Thread
suppressed-label = Échecs similaires non affichés
