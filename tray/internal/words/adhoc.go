package words

// IDs of what a client says that is run once, for one session.
const (
	AdhocTitle       ID = "adhoc.title"
	AdhocHead        ID = "adhoc.head"
	AdhocFrom        ID = "adhoc.from"
	AdhocText        ID = "adhoc.text"
	AdhocYes         ID = "adhoc.yes"
	AdhocNo          ID = "adhoc.no"
	AdhocGone        ID = "adhoc.gone"
	AdhocStays       ID = "adhoc.stays"
	AdhocNobody      ID = "adhoc.nobody"
	AdhocStopped     ID = "adhoc.stopped"
	AdhocFailedTitle ID = "adhoc.failed"
	AdhocBadBundle   ID = "adhoc.bad_bundle"
	AdhocExpired     ID = "adhoc.expired"
	AdhocUsed        ID = "adhoc.used"
	AdhocUnreachable ID = "adhoc.unreachable"
	AdhocWrongServer ID = "adhoc.wrong_server"
	AdhocFailed      ID = "adhoc.cannot"
)

func adhocText(id ID) text {
	switch id {
	case AdhocTitle:
		return text{"Start remote support", "Fernhilfe beginnen", "Démarrer l’assistance"}
	case AdhocHead:
		return text{"Connect to this support server?", "Mit diesem Supportserver verbinden?", "Se connecter à ce serveur d’assistance ?"}
	case AdhocFrom:
		return text{"calls itself %s", "nennt sich %s", "se nomme %s"}
	case AdhocText:
		return text{
			"Go on only if you asked for help and know this address. You are asked again before anybody sees your screen. When the session ends, this program removes itself.",
			"Nur fortfahren, wenn Sie um Hilfe gebeten haben und diese Adresse kennen. Sie werden noch einmal gefragt, bevor jemand Ihren Bildschirm sieht. Nach der Sitzung entfernt sich dieses Programm selbst.",
			"Continuez seulement si vous avez demandé de l’aide et connaissez cette adresse. On vous demandera encore avant que quelqu’un voie votre écran. À la fin, ce programme se supprime lui-même.",
		}
	case AdhocYes:
		return text{"Connect", "Verbinden", "Se connecter"}
	case AdhocNo:
		return text{"Cancel", "Abbrechen", "Annuler"}
	case AdhocGone:
		return text{
			"The program has removed itself from this computer.",
			"Das Programm hat sich von diesem Rechner entfernt.",
			"Le programme s’est supprimé de cet ordinateur.",
		}
	case AdhocStays:
		return text{"You can delete the program now.", "Sie können das Programm jetzt löschen.", "Vous pouvez supprimer le programme."}
	case AdhocNobody:
		return text{"Nobody has connected in time.", "Niemand hat sich rechtzeitig verbunden.", "Personne ne s’est connecté à temps."}
	case AdhocStopped:
		return text{"The connection to the support server was ended.", "Die Verbindung zum Supportserver wurde beendet.", "La connexion au serveur d’assistance a été fermée."}
	case AdhocFailedTitle:
		return text{"Remote support cannot start", "Fernhilfe kann nicht beginnen", "L’assistance ne peut pas démarrer"}
	case AdhocBadBundle:
		return text{
			"The file beside this program is damaged, was changed or renamed. Download it again.",
			"Die Datei bei diesem Programm ist beschädigt, verändert oder umbenannt. Laden Sie sie noch einmal herunter.",
			"Le fichier joint à ce programme est endommagé, modifié ou renommé. Téléchargez-le à nouveau.",
		}
	case AdhocExpired:
		return text{
			"This download is too old. Get a new one from the support page. If it is new, check this computer's date and time.",
			"Dieser Download ist zu alt. Holen Sie auf der Supportseite einen neuen. Ist er neu, prüfen Sie Datum und Uhrzeit dieses Rechners.",
			"Ce téléchargement est trop ancien. Prenez-en un nouveau sur la page d’assistance. S’il est récent, vérifiez la date et l’heure de cet ordinateur.",
		}
	case AdhocUsed:
		return text{
			"This download was used already, or its session is over. Get a new one from the support page.",
			"Dieser Download wurde schon benutzt, oder die Sitzung ist vorbei. Holen Sie auf der Supportseite einen neuen.",
			"Ce téléchargement a déjà servi, ou la session est terminée. Prenez-en un nouveau sur la page d’assistance.",
		}
	case AdhocUnreachable:
		return text{
			"The support server %s does not answer. Check the network and start this program again.",
			"Der Supportserver %s antwortet nicht. Prüfen Sie das Netz und starten Sie dieses Programm noch einmal.",
			"Le serveur d’assistance %s ne répond pas. Vérifiez le réseau et relancez ce programme.",
		}
	case AdhocWrongServer:
		return text{
			"At %s another server answers than the one that this download is from. Nothing was sent to it. Tell whoever helps you.",
			"Unter %s antwortet ein anderer Server als der, von dem dieser Download stammt. Es wurde nichts gesendet. Sagen Sie es der Person, die Ihnen hilft.",
			"À l’adresse %s répond un autre serveur que celui de ce téléchargement. Rien ne lui a été envoyé. Dites-le à la personne qui vous aide.",
		}
	case AdhocFailed:
		return text{
			"Something went wrong on this computer. Start this program again.",
			"Auf diesem Rechner ist etwas schiefgegangen. Starten Sie dieses Programm noch einmal.",
			"Un problème est survenu sur cet ordinateur. Relancez ce programme.",
		}
	default:
		return text{}
	}
}
