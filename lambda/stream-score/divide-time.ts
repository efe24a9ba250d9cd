import { WRITE_TIME } from '../stream/contract';
import type { Time } from './consume';
import type { Deadline } from './ports';

/** Share of the time, and milliseconds at most, that are kept for the answer: an invocation that is ended instead of answering is repeated as a whole. */
const ANSWER_SHARE = 0.1;
const ANSWER = 2_000;

/** Divides the time that an invocation has. */
export function divideTime(milliseconds: number): Time {
  const answer = Math.min(milliseconds * ANSWER_SHARE, ANSWER);
  const write = Math.min(milliseconds * WRITE_TIME.share, WRITE_TIME.most);
  return { score: deadline(milliseconds - answer - write), write: deadline(milliseconds - answer) };
}

function deadline(milliseconds: number): Deadline {
  const end = performance.now() + milliseconds;
  return {
    remaining: () => end - performance.now(),
    signal: AbortSignal.timeout(Math.max(0, Math.floor(milliseconds))),
  };
}
