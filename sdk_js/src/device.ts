/** What kind of device this is, as far as the browser says. */

const KNOWN = ["iPhone", "iPad", "Android", "Windows", "Mac", "Linux"] as const;

/** A label that the customer recognises on their other devices, such as `iPhone`. */
export function deviceLabel(userAgent: string): string | undefined {
  return KNOWN.find((name) => userAgent.includes(name));
}

/** The channel of a page: `mobile_web` on a phone, `web` elsewhere, `api` outside a browser. */
export function channelOf(userAgent: string, inBrowser: boolean): string {
  if (!inBrowser) return "api";
  return /Mobi|Android|iPhone/.test(userAgent) ? "mobile_web" : "web";
}
