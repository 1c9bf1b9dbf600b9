# Texts of the page that `dispatch-failure report` writes, in French.
# The event's own texts are those of event-4031.ftl.

language-name = Français
report-title = Échecs de distribution
language = Langue
appearance = Apparence
appearance-auto = Automatique
appearance-light = Clair
appearance-dark = Sombre
failures = Échecs
period = Période (UTC)
median = Durée médiane
longest = Durée maximale
over-time = Échecs au fil du temps
by-cause = Par cause
by-span = Par span
by-field = Par champ
durations = Durées
records = Enregistrements
search = Rechercher dans tous les textes
clear = Effacer les filtres
remove-filter = Retirer le filtre
matching = { $shown } sur { $total }
newest = Les { $shown } enregistrements les plus récents sur { $total }
no-match = Aucun enregistrement ne correspond.
unknown = Inconnue
others = Autres
close = Fermer
previous = Enregistrement précédent
next = Enregistrement suivant
without-scripts = Les scripts sont désactivés : voici un résumé et les enregistrements les plus récents.
