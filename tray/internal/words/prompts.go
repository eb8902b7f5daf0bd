package words

// IDs of the consent prompt.
const (
	Yes                ID = "consent.yes"
	No                 ID = "consent.no"
	AskView            ID = "consent.ask_view"
	AskControl         ID = "consent.ask_control"
	NoName             ID = "consent.no_name"
	From               ID = "consent.from"
	FromNobody         ID = "consent.from_nobody"
	WishView           ID = "consent.wish_view"
	WishControl        ID = "consent.wish_control"
	AllowIt            ID = "consent.allow_it"
	Reason             ID = "consent.reason"
	WillBeRecorded     ID = "consent.recorded"
	ClipboardBoth      ID = "consent.clipboard_both"
	ClipboardIn        ID = "consent.clipboard_in"
	ClipboardOut       ID = "consent.clipboard_out"
	FilesBoth          ID = "consent.files_both"
	FilesIn            ID = "consent.files_in"
	FilesOut           ID = "consent.files_out"
	WillBeLocked       ID = "consent.lock"
	WillBeLoggedOff    ID = "consent.log_off"
	ConsentHint        ID = "consent.hint"
	SilenceIsNo        ID = "consent.silence_no"
	SilenceIsYes       ID = "consent.silence_yes"
	CountdownToNo      ID = "consent.countdown_no"
	CountdownToYes     ID = "consent.countdown_yes"
	Minutes            ID = "time.minutes"
	OneSecond          ID = "time.second"
	Seconds            ID = "time.seconds"
	Done               ID = "banner.done"
	Somebody           ID = "banner.somebody"
	BannerConnected    ID = "banner.connected"
	BannerConnectedAll ID = "banner.connected_all"
	CanControl         ID = "banner.control"
	RepCanControl      ID = "banner.rep_controls"
	ExternalRep        ID = "banner.external"
	AndOne             ID = "banner.and_one"
	AndMore            ID = "banner.and_more"
	AndMoreExternal    ID = "banner.and_more_external"
	ViewOnly           ID = "banner.view_only"
	ControlPaused      ID = "banner.paused"
	OnHold             ID = "banner.held"
	Recorded           ID = "banner.recorded"
	Left               ID = "banner.left"
	EndsAtOnce         ID = "banner.hot_key"
	InputTaken         ID = "banner.input_taken"
	ScreenDark         ID = "banner.dark"
	MayRestrict        ID = "consent.restrict"
	MayDarken          ID = "consent.dark"
	MayRestrictDarken  ID = "consent.restrict_dark"
)

func consentText(id ID) text {
	switch id {
	case Yes:
		return text{"Yes, allow", "Ja, erlauben", "Oui, autoriser"}
	case No:
		return text{"No", "Nein", "Non"}
	case AskView:
		return text{"Allow viewing this computer?", "Diesen Rechner ansehen lassen?", "Autoriser à voir cet ordinateur ?"}
	case AskControl:
		return text{"Allow control of this computer?", "Diesen Rechner steuern lassen?", "Autoriser à contrôler cet ordinateur ?"}
	case NoName:
		return text{"Somebody who gave no name", "Jemand, der keinen Namen nennt", "Quelqu’un qui n’a pas donné de nom"}
	case From:
		return text{"from %s", "von %s", "de %s"}
	case FromNobody:
		return text{"from an organisation that gave no name", "von einer Organisation, die keinen Namen nennt", "d’une organisation qui n’a pas donné de nom"}
	case WishView:
		return text{"wants to see the screen: view only, no control.", "möchte den Bildschirm sehen: nur ansehen, nicht steuern.", "veut voir l’écran : regarder seulement, sans contrôle."}
	case WishControl:
		return text{"wants to see the screen and to control this computer.", "möchte den Bildschirm sehen und diesen Rechner steuern.", "veut voir l’écran et contrôler cet ordinateur."}
	case AllowIt:
		return text{"Allow it?", "Erlauben?", "Autoriser ?"}
	case Reason:
		return text{"Reason: %s", "Grund: %s", "Raison : %s"}
	case WillBeRecorded:
		return text{"The session is recorded.", "Die Sitzung wird aufgezeichnet.", "La session est enregistrée."}
	case ClipboardBoth:
		return text{"Copied text may go to and from this computer.", "Kopierter Text darf auf diesen Rechner und von ihm gelangen.", "Du texte copié peut arriver sur cet ordinateur et en sortir."}
	case ClipboardIn:
		return text{"Copied text may go to this computer.", "Kopierter Text darf auf diesen Rechner gelangen.", "Du texte copié peut arriver sur cet ordinateur."}
	case ClipboardOut:
		return text{"Text that you copy may leave this computer.", "Text, den Sie kopieren, darf diesen Rechner verlassen.", "Le texte que vous copiez peut sortir de cet ordinateur."}
	case FilesBoth:
		return text{"Files may go to and from this computer.", "Dateien dürfen auf diesen Rechner und von ihm gelangen.", "Des fichiers peuvent arriver sur cet ordinateur et en sortir."}
	case FilesIn:
		return text{"Files may go to this computer.", "Dateien dürfen auf diesen Rechner gelangen.", "Des fichiers peuvent arriver sur cet ordinateur."}
	case FilesOut:
		return text{"Files may leave this computer.", "Dateien dürfen diesen Rechner verlassen.", "Des fichiers peuvent sortir de cet ordinateur."}
	case MayRestrict:
		return text{
			"Your own keyboard and mouse may be switched off. Ctrl+Alt+Del switches them on at once.",
			"Ihre eigene Tastatur und Maus dürfen ausgeschaltet werden. Strg+Alt+Entf schaltet sie sofort ein.",
			"Votre clavier et votre souris peuvent être désactivés. Ctrl+Alt+Suppr les réactive aussitôt.",
		}
	case MayDarken:
		return text{
			"Your screen may be made dark. Ctrl+Alt+Del makes it light at once.",
			"Ihr Bildschirm darf dunkel geschaltet werden. Strg+Alt+Entf macht ihn sofort hell.",
			"Votre écran peut être éteint. Ctrl+Alt+Suppr le rallume aussitôt.",
		}
	case MayRestrictDarken:
		return text{
			"Your own keyboard and mouse may be switched off and your screen made dark. Ctrl+Alt+Del gives both back at once.",
			"Ihre eigene Tastatur und Maus dürfen ausgeschaltet und Ihr Bildschirm dunkel geschaltet werden. Strg+Alt+Entf gibt beides sofort zurück.",
			"Votre clavier et votre souris peuvent être désactivés et votre écran éteint. Ctrl+Alt+Suppr rend le tout aussitôt.",
		}
	case WillBeLocked:
		return text{"Afterwards this computer is locked.", "Danach wird dieser Rechner gesperrt.", "Ensuite, cet ordinateur est verrouillé."}
	case WillBeLoggedOff:
		return text{
			"Afterwards you are logged off, and what is not saved is lost.",
			"Danach werden Sie abgemeldet, und was nicht gespeichert ist, geht verloren.",
			"Ensuite, votre session est fermée, et ce qui n’est pas enregistré est perdu.",
		}
	case ConsentHint:
		return text{
			"End it at any time with Done in the bar at the top of the screen.",
			"Beenden Sie es jederzeit mit Fertig in der Leiste oben am Bildschirm.",
			"Terminez à tout moment avec Terminer dans la barre en haut de l’écran.",
		}
	case SilenceIsNo:
		return text{"No answer within %s means No.", "Keine Antwort innerhalb von %s heißt Nein.", "Sans réponse en %s, c’est Non."}
	case SilenceIsYes:
		return text{"No answer within %s means Yes.", "Keine Antwort innerhalb von %s heißt Ja.", "Sans réponse en %s, c’est Oui."}
	case CountdownToNo:
		return text{"No answer means No: %d s", "Keine Antwort heißt Nein: %d s", "Sans réponse, c’est Non : %d s"}
	case CountdownToYes:
		return text{"No answer means Yes: %d s", "Keine Antwort heißt Ja: %d s", "Sans réponse, c’est Oui : %d s"}
	case Minutes:
		return text{"%d minutes", "%d Minuten", "%d minutes"}
	case OneSecond:
		return text{"1 second", "1 Sekunde", "1 seconde"}
	case Seconds:
		return text{"%d seconds", "%d Sekunden", "%d secondes"}
	default:
		return text{}
	}
}

func bannerText(id ID) text {
	switch id {
	case Done:
		return text{"Done", "Fertig", "Terminer"}
	case Somebody:
		return text{"Somebody", "Jemand", "Quelqu’un"}
	case BannerConnected:
		return text{" is connected", " ist verbunden", " est connecté"}
	case BannerConnectedAll:
		return text{" are connected", " sind verbunden", " sont connectés"}
	case RepCanControl:
		return text{"%s can control", "%s kann steuern", "%s peut contrôler"}
	case ExternalRep:
		return text{"%s (external)", "%s (extern)", "%s (externe)"}
	case AndOne:
		return text{"%s and %s", "%s und %s", "%s et %s"}
	case AndMore:
		return text{"%s and %d more", "%s und %d weitere", "%s et %d autres"}
	case AndMoreExternal:
		return text{"%s and %d more (%d external)", "%s und %d weitere (%d extern)", "%s et %d autres (%d externes)"}
	case CanControl:
		return text{"can control", "kann steuern", "peut contrôler"}
	case ViewOnly:
		return text{"view only", "nur ansehen", "vue seule"}
	case ControlPaused:
		return text{"control paused", "Steuern ruht", "contrôle suspendu"}
	case OnHold:
		return text{"on hold: nobody is looking", "gehalten: niemand sieht zu", "en attente : personne ne regarde"}
	case Recorded:
		return text{"recorded", "wird aufgezeichnet", "enregistrée"}
	case Left:
		return text{"%d:%02d left", "noch %d:%02d", "reste %d:%02d"}
	case InputTaken:
		return text{"Your input is off: Ctrl+Alt+Del", "Ihre Eingaben sind aus: Strg+Alt+Entf", "Vos saisies sont coupées : Ctrl+Alt+Suppr"}
	case ScreenDark:
		return text{"Your screen is dark: Ctrl+Alt+Del", "Ihr Bildschirm ist dunkel: Strg+Alt+Entf", "Votre écran est éteint : Ctrl+Alt+Suppr"}
	case EndsAtOnce:
		return text{"%s ends the session at once", "%s beendet die Sitzung sofort", "%s termine la session tout de suite"}
	default:
		return text{}
	}
}

// IDs of the request form.
const (
	FormHead      ID = "form.head"
	FormIntro     ID = "form.intro"
	FormIntroTo   ID = "form.intro_to"
	FieldName     ID = "form.name"
	FieldEmail    ID = "form.email"
	FieldPhone    ID = "form.phone"
	FieldReason   ID = "form.reason"
	Send          ID = "form.send"
	Cancel        ID = "form.cancel"
	NeedName      ID = "problem.name"
	NeedContact   ID = "problem.contact"
	NotEmail      ID = "problem.email"
	NotPhone      ID = "problem.phone"
	NeedReason    ID = "problem.reason"
	ReasonTooFew  ID = "problem.reason_short"
	TooLong       ID = "problem.long"
	CannotBeSent  ID = "problem.characters"
	PleaseCorrect ID = "problem.refused"
)

func formText(id ID) text {
	switch id {
	case FormHead:
		return text{"How can we help?", "Wie können wir helfen?", "Comment pouvons-nous vous aider ?"}
	case FormIntro:
		return text{"Somebody will answer as soon as they can.", "Sobald es geht, antwortet jemand.", "Quelqu’un répondra dès que possible."}
	case FormIntroTo:
		return text{
			"Your request goes to %s. Somebody will answer as soon as they can.",
			"Ihre Anfrage geht an %s. Sobald es geht, antwortet jemand.",
			"Votre demande est adressée à %s. Quelqu’un répondra dès que possible.",
		}
	case FieldName:
		return text{"Your name", "Ihr Name", "Votre nom"}
	case FieldEmail:
		return text{"E-mail", "E-Mail", "E-mail"}
	case FieldPhone:
		return text{"Phone", "Telefon", "Téléphone"}
	case FieldReason:
		return text{"What is it about?", "Worum geht es?", "De quoi s’agit-il ?"}
	case Send:
		return text{"Send request", "Anfrage senden", "Envoyer la demande"}
	case Cancel:
		return text{"Cancel", "Abbrechen", "Annuler"}
	case NeedName:
		return text{"Please tell us your name.", "Bitte nennen Sie Ihren Namen.", "Veuillez indiquer votre nom."}
	case NeedContact:
		return text{"Please give an e-mail address or a phone number.", "Bitte geben Sie eine E-Mail-Adresse oder Telefonnummer an.", "Veuillez donner une adresse e-mail ou un numéro de téléphone."}
	case NotEmail:
		return text{"This does not look like an e-mail address.", "Das sieht nicht nach einer E-Mail-Adresse aus.", "Cela ne ressemble pas à une adresse e-mail."}
	case NotPhone:
		return text{"This does not look like a phone number.", "Das sieht nicht nach einer Telefonnummer aus.", "Cela ne ressemble pas à un numéro de téléphone."}
	case NeedReason:
		return text{"Please say in a few words what you need.", "Bitte sagen Sie mit ein paar Worten, was Sie brauchen.", "Veuillez dire en quelques mots ce dont vous avez besoin."}
	case ReasonTooFew:
		return text{"Please say a little more: at least %d characters.", "Bitte etwas ausführlicher: mindestens %d Zeichen.", "Un peu plus, s’il vous plaît : au moins %d caractères."}
	case TooLong:
		return text{"This is too long.", "Das ist zu lang.", "C’est trop long."}
	case CannotBeSent:
		return text{"This has characters that cannot be sent.", "Das enthält Zeichen, die nicht gesendet werden können.", "Cela contient des caractères qui ne peuvent pas être envoyés."}
	case PleaseCorrect:
		return text{"The support server does not take this.", "Der Supportserver nimmt das nicht an.", "Le serveur d’assistance ne l’accepte pas."}
	default:
		return text{}
	}
}
