/** Says that the page is open and seen, so that nobody else writes meanwhile; that alone keeps nobody signed in. */

import { barred } from "./standing.js";
import { mark, page } from "./typing.js";

const EVERY = 20_000;

export function keepUp(follow) {
  const keep = async () => {
    if (document.hidden || !["", "busy"].includes(barred())) return;
    const { csrf } = mark().dataset;
    const answer = await fetch(`${page.dataset.help}/keep`, { method: "POST", body: new URLSearchParams({ csrf }), redirect: "manual" }).catch(() => null);
    const isBusy = answer?.status === 423;
    if (answer && (isBusy !== (barred() === "busy") || ![204, 423].includes(answer.status))) follow();
  };
  setInterval(keep, EVERY);
  document.addEventListener("visibilitychange", keep);
  return keep;
}
