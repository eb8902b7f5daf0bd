package words

// IDs of notices.
const (
	EndedTitle       ID = "notice.session_ended"
	Ended            ID = "notice.ended"
	EndedByYou       ID = "notice.ended_by_you"
	EndedBy          ID = "notice.ended_by"
	EndedByExpiry    ID = "notice.ended_by_expiry"
	NowLocked        ID = "notice.locking"
	NowLoggedOff     ID = "notice.logging_off"
	NotLocked        ID = "notice.not_locked"
	NotLoggedOff     ID = "notice.not_logged_off"
	SentTitle        ID = "notice.request_sent"
	Sent             ID = "notice.sent"
	NotSentTitle     ID = "notice.request_not_sent"
	NotSent          ID = "notice.not_sent"
	ApprovedTitle    ID = "request_approved"
	Approved         ID = "notice.approved"
	ApprovedBy       ID = "notice.approved_by"
	DeniedTitle      ID = "request_denied"
	Denied           ID = "notice.denied"
	DeniedBy         ID = "notice.denied_by"
	ExpiredTitle     ID = "request_expired"
	Expired          ID = "notice.expired"
	MessageFrom      ID = "notice.message_from"
	OK               ID = "button.ok"
	NoSupportTitle   ID = "notice.off"
	AlreadyRequested ID = "notice.already"
)

func noticeText(id ID) text {
	switch id {
	case EndedTitle:
		return text{"Support session ended", "Supportsitzung beendet", "Session d’assistance terminée"}
	case Ended:
		return text{"The support session has ended.", "Die Supportsitzung ist beendet.", "La session d’assistance est terminée."}
	case EndedByYou:
		return text{"You ended the support session.", "Sie haben die Supportsitzung beendet.", "Vous avez terminé la session d’assistance."}
	case EndedBy:
		return text{"%s ended the support session.", "%s hat die Supportsitzung beendet.", "%s a terminé la session d’assistance."}
	case EndedByExpiry:
		return text{"The support session has ended: its time is over.", "Die Supportsitzung ist beendet: ihre Zeit ist um.", "La session d’assistance est terminée : le temps est écoulé."}
	case NowLocked:
		return text{"This computer is being locked.", "Dieser Rechner wird jetzt gesperrt.", "Cet ordinateur va être verrouillé."}
	case NowLoggedOff:
		return text{"You are being logged off.", "Sie werden jetzt abgemeldet.", "Votre session va être fermée."}
	case NotLocked:
		return text{
			"This computer was to be locked now and does not say that it is. Lock it yourself when you leave.",
			"Dieser Rechner sollte jetzt gesperrt werden und meldet das nicht. Sperren Sie ihn selbst, wenn Sie gehen.",
			"Cet ordinateur devait être verrouillé et ne l’indique pas. Verrouillez-le vous-même en partant.",
		}
	case NotLoggedOff:
		return text{
			"You were to be logged off now, and that did not happen. Log off yourself when you leave.",
			"Sie sollten jetzt abgemeldet werden, und das ist nicht geschehen. Melden Sie sich selbst ab, wenn Sie gehen.",
			"Votre session devait être fermée et ne l’a pas été. Fermez-la vous-même en partant.",
		}
	case SentTitle:
		return text{"Request sent", "Anfrage gesendet", "Demande envoyée"}
	case Sent:
		return text{
			"Your request for support has arrived. Somebody will answer as soon as they can.",
			"Ihre Anfrage ist angekommen. Sobald es geht, antwortet jemand.",
			"Votre demande est arrivée. Quelqu’un répondra dès que possible.",
		}
	case NotSentTitle:
		return text{"Request not sent", "Anfrage nicht gesendet", "Demande non envoyée"}
	case NotSent:
		return text{"Your request for support could not be sent.", "Ihre Anfrage konnte nicht gesendet werden.", "Votre demande n’a pas pu être envoyée."}
	case ApprovedTitle:
		return text{"Request approved", "Anfrage angenommen", "Demande acceptée"}
	case Approved:
		return text{
			"Your request was approved. You will be asked before anybody sees your screen.",
			"Ihre Anfrage wurde angenommen. Sie werden gefragt, bevor jemand Ihren Bildschirm sieht.",
			"Votre demande a été acceptée. On vous demandera avant que quelqu’un voie votre écran.",
		}
	case ApprovedBy:
		return text{
			"%s approved your request. You will be asked before anybody sees your screen.",
			"%s hat Ihre Anfrage angenommen. Sie werden gefragt, bevor jemand Ihren Bildschirm sieht.",
			"%s a accepté votre demande. On vous demandera avant que quelqu’un voie votre écran.",
		}
	case DeniedTitle:
		return text{"Request denied", "Anfrage abgelehnt", "Demande refusée"}
	case Denied:
		return text{"Your request was denied.", "Ihre Anfrage wurde abgelehnt.", "Votre demande a été refusée."}
	case DeniedBy:
		return text{"%s denied your request.", "%s hat Ihre Anfrage abgelehnt.", "%s a refusé votre demande."}
	case ExpiredTitle:
		return text{"Request expired", "Anfrage abgelaufen", "Demande expirée"}
	case Expired:
		return text{"Nobody could answer your request in time.", "Niemand konnte Ihre Anfrage rechtzeitig beantworten.", "Personne n’a pu répondre à temps à votre demande."}
	case MessageFrom:
		return text{"Message from %s", "Nachricht von %s", "Message de %s"}
	case OK:
		return text{"OK", "OK", "OK"}
	case NoSupportTitle:
		return text{"Remote support is off", "Fernhilfe ist aus", "Assistance désactivée"}
	case AlreadyRequested:
		return text{"Request on its way", "Anfrage unterwegs", "Demande en cours"}
	default:
		return text{}
	}
}
