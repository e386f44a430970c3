/** Checks that save a round trip; the API has the last word. */

/** A mobile number of mainland China. */
export const MOBILE = /^1[3-9]\d{9}$/;

/** An e-mail address: typing errors only, the address is proved by using it. */
export const MAIL = /^[^\s@"(),:;<>[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z0-9-]*[A-Za-z0-9]$/;

export const PASSWORD_MIN = 10;
