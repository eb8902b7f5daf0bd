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
};

const reasons: Words<Reason> = {
  [Reason.UNSPECIFIED]: "The device has not said yet what it can show.",
  [Reason.OK]: "The screen is shown.",
  [Reason.STARTING]: "The screen is being opened.",
  [Reason.NO_DISPLAY]: "There is no desktop in this terminal session.",
  [Reason.DISPLAY_SERVER_GONE]: "The desktop went away. The screen comes back with it.",
  [Reason.PERMISSION_MISSING]: "The system does not permit the agent to record the screen.",
  [Reason.INPUT_PERMISSION_MISSING]: "The system does not permit the agent to use keyboard and mouse. You can watch.",
  [Reason.NO_MONITOR]: "No monitor is connected to the device.",
  [Reason.LOCKED]: "The device is locked.",
  [Reason.LOGIN_SCREEN]: "The device shows its sign-in screen.",
  [Reason.SECURE_DESKTOP]: "The secure desktop is not visible: the agent is not elevated.",
  [Reason.TERMINAL_SESSION_DISCONNECTED]: "The terminal session is disconnected.",
  [Reason.HELPER_RESTARTING]: "The agent's screen helper is being restarted.",
  [Reason.HELPER_FAILING]: "The agent's screen helper keeps failing. It is tried again at intervals.",
  [Reason.INDICATOR_MISSING]: "The banner that tells the person of the session cannot be shown, so the screen is not either.",
  [Reason.BACKEND_UNSUPPORTED]: "The agent cannot record the screen of this system.",
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
  [Reason.BACKEND_UNSUPPORTED]: "not supported",
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
