/** Events by the share of the requests that the suspected arm had, in the order of the shares. */
export interface Strata {
  readonly shares: number[];
  readonly events: number[];
}

/**
 * So many minutes are told apart. Beyond, the two that are most alike become one: that changes the likeliest ratio by parts of a thousand,
 * and keeps the state of a rollout that is paused for ten days as small as that of one that takes an hour.
 */
export const MAX_STRATA = 32;

export function addStratum({ shares, events }: Strata, share: number, count: number): void {
  let place = shares.length;
  shares.push(share);
  events.push(count);
  for (; place > 0 && shares[place - 1] > share; place--) {
    shares[place] = shares[place - 1];
    events[place] = events[place - 1];
    shares[place - 1] = share;
    events[place - 1] = count;
  }
  if (place > 0 && shares[place - 1] === share) {
    events[place - 1] += count;
    remove(place, shares, events);
  } else if (shares.length > MAX_STRATA) {
    mergeClosest(shares, events);
  }
}

function mergeClosest(shares: number[], events: number[]): void {
  let closest = 0;
  let least = Infinity;
  for (let at = 0; at + 1 < shares.length; at++) {
    const apart = shares[at + 1] - shares[at];
    // What the merge does to the information about the ratio, to first order.
    const cost =
      (apart * apart * events[at] * events[at + 1]) /
      (shares[at] * (1 - shares[at + 1]) * (events[at] + events[at + 1]));
    if (cost < least) {
      least = cost;
      closest = at;
    }
  }
  const sum = events[closest] + events[closest + 1];
  shares[closest] = (shares[closest] * events[closest] + shares[closest + 1] * events[closest + 1]) / sum;
  events[closest] = sum;
  remove(closest + 1, shares, events);
}

function remove(place: number, shares: number[], events: number[]): void {
  for (let at = place; at + 1 < shares.length; at++) {
    shares[at] = shares[at + 1];
    events[at] = events[at + 1];
  }
  shares.pop();
  events.pop();
}
