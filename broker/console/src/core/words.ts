import { EndedBy, ErrorCode, Reason } from "../gen/alongside/wire/v1/reason_pb.ts";

// What every code means, in words for a rep. The types make the tables
// complete: a new code does not compile without its words.

type Words<T extends PropertyKey> = Readonly<Record<T, string>>;

const errors: Words<ErrorCode> = {
  [ErrorCode.UNSPECIFIED]: "Something went wrong.",
  [ErrorCode.VERSION_UNSUPPORTED]: "This page and the other side speak different versions. Reload the page; if that does not help, the agent needs an update.",
  [ErrorCode.NOT_ENROLLED]: "This device is not enrolled here.",
  [ErrorCode.DEVICE_REVOKED]: "This device was revoked. Enroll it again to use it.",
  [ErrorCode.TOKEN_UNKNOWN]: "The enrollment token is not known. Create a new bundle.",
  [ErrorCode.TOKEN_USED]: "The enrollment token was already used. Create a new bundle.",
  [ErrorCode.TOKEN_EXPIRED]: "The enrollment token has expired. Create a new bundle.",
  [ErrorCode.PROOF_INVALID]: "The device could not prove that it owns its key.",
  [ErrorCode.MALFORMED]: "The other side sent something that cannot be read.",
  [ErrorCode.BUSY]: "The server is busy. Try again in a moment.",
  [ErrorCode.SHUTTING_DOWN]: "The server is restarting.",
  [ErrorCode.REPLACED]: "This was opened again somewhere else.",
  [ErrorCode.INTERNAL]: "The server had an internal error.",
  [ErrorCode.GRANT_INVALID]: "The device did not accept the permission it was shown.",
  [ErrorCode.DENIED_BY_USER]: "The person at the device said no.",
  [ErrorCode.CONSENT_TIMEOUT]: "Nobody answered the question at the device in time.",
  [ErrorCode.NO_USER_PRESENT]: "Nobody is signed in at the device, so nobody can say yes.",
  [ErrorCode.PROMPT_UNAVAILABLE]: "The device cannot show the question to the person in front of it.",
  [ErrorCode.SESSION_EXISTS]: "Another session on this device is running or being asked for.",
  [ErrorCode.SESSION_UNKNOWN]: "This session does not exist any more.",
  [ErrorCode.POLICY_DENIED]: "A rule of your organisation does not allow this.",
  [ErrorCode.NOT_ENTITLED]: "Your account may not do this.",
  [ErrorCode.DEVICE_OFFLINE]: "The device is offline.",
  [ErrorCode.TICKET_INVALID]: "The ticket for the screen was used or has expired.",
  [ErrorCode.VIEWER_TOO_SLOW]: "This connection is too slow for the screen.",
  [ErrorCode.FORBIDDEN]: "You may not do this.",
  [ErrorCode.CANCELLED]: "The request was cancelled before it was answered.",
  [ErrorCode.EXPIRED]: "The time for this has run out.",
  [ErrorCode.DENIED_BY_IT]: "The request was denied.",
  [ErrorCode.ALREADY_DECIDED]: "Somebody else has decided this already.",
  [ErrorCode.RECORDING_UNAVAILABLE]: "The session has to be recorded, and no recording can be written now.",
  [ErrorCode.CONSENT_EXPIRED]: "The person's Yes does not hold any more. Ask again.",
  [ErrorCode.SESSION_HELD]: "The session is on hold. Resume it first.",
  [ErrorCode.CONFIRMATION_REQUIRED]: "This has to be confirmed.",
  [ErrorCode.NOT_FOUND]: "There is nothing here, or nothing that you may see.",
  [ErrorCode.SIGN_IN_FAILED]: "Name or password is wrong.",
  [ErrorCode.NOT_SIGNED_IN]: "You are signed out. Sign in to go on.",
  [ErrorCode.RATE_LIMITED]: "Too many tries. Wait a moment.",
  [ErrorCode.MFA_REQUIRED]: "This needs your second factor first.",
  [ErrorCode.MFA_STALE]: "Your second factor has to be shown again.",
  [ErrorCode.MFA_INVALID]: "That was not right. Try again.",
  [ErrorCode.IN_USE]: "Something else still uses this.",
  [ErrorCode.CONFLICT]: "Somebody else has changed this in the meantime. Look at it again.",
  [ErrorCode.NOT_IN_MODE]: "Only chat is available in this session. Ask the customer to run the client first.",
  [ErrorCode.SESSION_KEY_INVALID]: "This key is not valid: it was used, has expired, or was never given out.",
  [ErrorCode.CLIENT_UNAVAILABLE]: "There is no client for this system here.",
  [ErrorCode.PORTAL_CLOSED]: "The portal page is closed.",
  [ErrorCode.FORBIDDEN_NOT_OWNER]: "Only the owner of the session may do this.",
  [ErrorCode.DUPLICATE_INVITATION]: "An invitation to them stands already.",
  [ErrorCode.INVITATION_GONE]: "This invitation does not stand any more.",
  [ErrorCode.ALREADY_TAKEN]: "Somebody else of the team was first.",
  [ErrorCode.NOT_PARTICIPANT]: "You are not in this session.",
  [ErrorCode.BUTTON_EXPIRED]: "The time of this Support Button is over.",
  [ErrorCode.BUTTON_UNKNOWN]: "This Support Button was removed already.",
  [ErrorCode.LINK_USED]: "This link was used already. It lets one person in, once. Ask for another one.",
  [ErrorCode.LINK_EXPIRED]: "The time of this link is over. Ask for another one.",
  [ErrorCode.GUEST_OUT]: "You are not in the session any more.",
  [ErrorCode.SIGNED_IN]: "Somebody is signed in to the console in this browser. Sign out first, or open the link in a private window.",
  [ErrorCode.MAIL_OFF]: "No mail is sent from here. Copy the link and send it yourself.",
  [ErrorCode.SESSIONS_OPEN]: "Close your sessions before you sign out.",
  [ErrorCode.NOT_REACHABLE]: "They are not signed in, and are not to be asked by mail.",
  [ErrorCode.OTHER_SESSION]: "The client at the device was started for another session.",
  [ErrorCode.NOT_OFFERED]: "The client at the device waited too long for the session and went away.",
  [ErrorCode.BAD_CREDENTIALS]: "The device does not take this user name and password.",
  [ErrorCode.ACCOUNT_LOCKED]: "This account is locked or has expired on the device.",
  [ErrorCode.NOT_ADMINISTRATOR]: "This user is not an administrator of the device.",
  [ErrorCode.ELEVATION_UNAVAILABLE]: "The client on the device cannot get administrative rights this way.",
  [ErrorCode.TOO_MANY_TRIES]: "There were too many tries in this session.",
  [ErrorCode.ALREADY_ELEVATED]: "The client has administrative rights already.",
  [ErrorCode.ELEVATION_CANCELLED]: "The customer closed the question for a password.",
  [ErrorCode.ELEVATION_TIMEOUT]: "Nobody answered the question for a password.",
  [ErrorCode.FILE_TOO_LARGE]: "The file is too large. Files of up to 8 GiB are transferred.",
  [ErrorCode.FILE_CHANGED]: "What arrived is not what was sent. Nothing of it was kept; try again.",
  [ErrorCode.DISK_FULL]: "The device has no room for the file.",
  [ErrorCode.FILE_FAILED]: "The device cannot read or write the file.",
  [ErrorCode.TRANSFER_UNKNOWN]: "This transfer is over.",
  [ErrorCode.TRANSFER_LOST]: "The connection was gone for too long. Try again.",
  [ErrorCode.CLIPBOARD_EMPTY]: "Nothing was copied on the device since you came.",
  [ErrorCode.CLIPBOARD_NO_TEXT]: "What was copied on the device is no text.",
  [ErrorCode.CLIPBOARD_TOO_LONG]: "What was copied is too long to be sent.",
  [ErrorCode.CLIPBOARD_UNAVAILABLE]: "The clipboard of the device cannot be reached.",
  [ErrorCode.CLIPBOARD_REFUSED]: "The device does not let you use its clipboard now.",
  [ErrorCode.TERMINAL_UNKNOWN]: "This terminal session is not there, or is shown already.",
  [ErrorCode.REQUIRES_ELEVATION]: "The client on the device runs without administrative rights. Elevate it first.",
  [ErrorCode.ALREADY_PINNED]: "This device is a Jump Client already.",
  [ErrorCode.JUMP_EXPIRED]: "The time of this Jump Client is over.",
  [ErrorCode.UNSUPPORTED_HERE]: "The client on this device cannot do that: its system or its version does not have it.",
  [ErrorCode.AT_END_FAILED]: "The device did not lock its screen, or did not log its user off.",
  [ErrorCode.AT_END_UNCONFIRMED]: "The device was told to lock its screen, or to log its user off, and nothing showed in time that it did.",
  [ErrorCode.RESTART_FAILED]: "The device did not restart.",
  [ErrorCode.TAKEN_BACK]: "The customer took control back. They have it for the rest of this session.",
  [ErrorCode.NOT_CONTROLLING]: "Only who controls the screen, and looks at it, can do that.",
  [ErrorCode.RESTRICTION_FAILED]: "The desktop of the device does not let that be held now.",
  [ErrorCode.QUESTION_OPEN]: "The customer is being asked something and has to be able to answer.",
  [ErrorCode.JUMP_LOCKED]: "The device is locked: with nobody there to say yes it starts only with a passkey of its lock.",
  [ErrorCode.JUMP_PROOF_INVALID]: "The device did not accept the passkey. Try again, with one that its lock knows.",
  [ErrorCode.INSTALL_FAILED]: "The device could not install the Jump Client, or not remove it.",
  [ErrorCode.ALREADY_INSTALLED]: "A client is installed there already. Pin that one, in a session with it, or have it removed.",
  [ErrorCode.NO_SERVICE_MANAGER]: "The client cannot install a service on this system. An administrator of the device can install it.",
  [ErrorCode.SERVICE_MODE_ONLY]: "The client is elevated: pin it in service mode, or in a session that is not elevated.",
  [ErrorCode.OWN_POLICY_STRICTER]: "This client has a policy of its own that is stricter than the machine's. An administrator of the device has to make it the machine's first.",
};

const reasons: Words<Reason> = {
  [Reason.UNSPECIFIED]: "The device has not said yet what it can show.",
  [Reason.OK]: "The screen is shown.",
  [Reason.STARTING]: "The screen is being opened.",
  [Reason.NO_DISPLAY]: "There is no desktop in this terminal session.",
  [Reason.DISPLAY_SERVER_GONE]: "The desktop went away. The screen comes back with it.",
  [Reason.PERMISSION_MISSING]: "The system does not permit the agent to record the screen.",
  [Reason.INPUT_PERMISSION_MISSING]: "The system does not permit the agent to use keyboard and mouse. You can watch.",
  [Reason.NO_MONITOR]: "The device has no monitor that is on. The screen comes back with one.",
  [Reason.LOCKED]: "The device is locked: this is its lock screen.",
  [Reason.LOGIN_SCREEN]: "The device shows its sign-in screen.",
  [Reason.SECURE_DESKTOP]: "The secure desktop is not visible: the agent is not elevated.",
  [Reason.TERMINAL_SESSION_DISCONNECTED]: "The person has switched to another terminal session of the device. The screen comes back with this one.",
  [Reason.HELPER_RESTARTING]: "The agent's screen helper is being restarted.",
  [Reason.HELPER_FAILING]: "The agent's screen helper keeps failing. It is tried again at intervals.",
  [Reason.INDICATOR_MISSING]: "The banner that tells the person of the session cannot be shown, so the screen is not either.",
  [Reason.HELPER_SILENT]: "What shows the screen does not answer on the device. It comes back when it does, or is started again.",
  [Reason.INDICATOR_SILENT]: "What draws the banner for the person does not answer on the device, so the screen is not shown. It comes back when it does, or is started again.",
  [Reason.BACKEND_UNSUPPORTED]: "The agent cannot record the screen of this system.",
  [Reason.ASKING]: "The shown terminal session is gone. The next person at the device is being asked:",
  [Reason.DESKTOP_ASKS]: "The device's desktop asks the person there whether the screen may be shared. It is shown once they agree.",
};

const shortReasons: Words<Reason> = {
  [Reason.UNSPECIFIED]: "not known",
  [Reason.OK]: "works",
  [Reason.STARTING]: "starting",
  [Reason.NO_DISPLAY]: "no desktop",
  [Reason.DISPLAY_SERVER_GONE]: "desktop gone",
  [Reason.PERMISSION_MISSING]: "permission missing",
  [Reason.INPUT_PERMISSION_MISSING]: "input not permitted",
  [Reason.NO_MONITOR]: "no monitor",
  [Reason.LOCKED]: "locked",
  [Reason.LOGIN_SCREEN]: "sign-in screen",
  [Reason.SECURE_DESKTOP]: "secure desktop",
  [Reason.TERMINAL_SESSION_DISCONNECTED]: "disconnected",
  [Reason.HELPER_RESTARTING]: "restarting",
  [Reason.HELPER_FAILING]: "failing",
  [Reason.INDICATOR_MISSING]: "no banner",
  [Reason.HELPER_SILENT]: "not answering",
  [Reason.INDICATOR_SILENT]: "banner not answering",
  [Reason.BACKEND_UNSUPPORTED]: "not supported",
  [Reason.ASKING]: "asking another",
  [Reason.DESKTOP_ASKS]: "desktop asks",
};

const enders: Words<EndedBy> = {
  [EndedBy.UNSPECIFIED]: "The session is over.",
  [EndedBy.CUSTOMER]: "The person at the device ended the session.",
  [EndedBy.REP]: "You ended the session.",
  [EndedBy.ADMIN]: "An administrator terminated the session.",
  [EndedBy.EXPIRY]: "The session's time was up.",
  [EndedBy.AGENT]: "The agent could not go on.",
  [EndedBy.BROKER]: "The server ended the session.",
  [EndedBy.POLICY]: "A rule of your organisation ended the session.",
};

/** An error code in words. Codes of later versions show their detail, or the words for an unknown one. */
export function errorWords(code: ErrorCode, detail = ""): string {
  if (code === ErrorCode.UNSPECIFIED && detail !== "") return detail;
  return (errors as Readonly<Record<number, string>>)[code] ?? (detail || errors[ErrorCode.UNSPECIFIED]);
}

/** Why the screen is (not) shown, as a sentence. */
export function reasonWords(reason: Reason): string {
  return (reasons as Readonly<Record<number, string>>)[reason] ?? reasons[Reason.UNSPECIFIED];
}

/** The same in two or three words, for a tag. */
export function shortReason(reason: Reason): string {
  return (shortReasons as Readonly<Record<number, string>>)[reason] ?? shortReasons[Reason.UNSPECIFIED];
}

/** Who ended a session; other is the name of the rep or administrator when it is not the reader. */
export function endedWords(by: EndedBy, other = ""): string {
  if (by === EndedBy.REP && other !== "") return `${other} ended the session.`;
  if (by === EndedBy.ADMIN && other !== "") return `${other} terminated the session as an administrator.`;
  return (enders as Readonly<Record<number, string>>)[by] ?? enders[EndedBy.UNSPECIFIED];
}

/** Why a sign-in through the identity provider failed, by the code's stable name. */
export function externalWords(name: string): string {
  const code = Object.values(ErrorCode).find((c) => typeof c === "number" && codeName(c) === name);
  if (code === undefined || code === ErrorCode.UNSPECIFIED || code === ErrorCode.SIGN_IN_FAILED) {
    return "The sign-in through the identity provider failed: it said no or took too long, or your account may not use this console. Begin again; if that does not help, ask an administrator.";
  }
  return `The sign-in through the identity provider failed. ${errorWords(code as ErrorCode)}`;
}

/** The stable lower-case name of a code, as in the audit log: "denied_by_user". */
export function codeName(code: ErrorCode): string {
  const name = Object.entries(ErrorCode).find(([, v]) => v === code)?.[0];
  return (name ?? "UNSPECIFIED").toLowerCase();
}
