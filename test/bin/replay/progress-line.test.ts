import { ProgressLine } from '../../../bin/replay/progress-line';

function written(isTTY: boolean) {
  const texts: string[] = [];
  const clock = { now: 0 };
  const progress = new ProgressLine({ isTTY, write: (text) => texts.push(text) }, () => clock.now);
  return { texts, clock, progress };
}

test('a log gets a plain line now and then, not one for each record', () => {
  const { texts, clock, progress } = written(false);
  for (clock.now = 0; clock.now <= 25_000; clock.now += 100) {
    progress.at(() => `at ${clock.now}`);
  }
  progress.line('it is throttled');
  progress.end();
  expect(texts).toEqual(['at 10000\n', 'at 20000\n', 'it is throttled\n']);
});

test('a terminal has one line that is written over, and that is gone when something else is said', () => {
  const { texts, clock, progress } = written(true);
  clock.now = 500;
  progress.at(() => 'one');
  clock.now = 1_000;
  progress.at(() => 'two');
  progress.line('it is throttled');
  progress.end();
  expect(texts).toEqual(['\r\u001b[Kone', '\r\u001b[Ktwo', '\r\u001b[K', 'it is throttled\n']);
});
