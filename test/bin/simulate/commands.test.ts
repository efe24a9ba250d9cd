import { Command } from 'commander';
import { addSimulateCommand } from '../../../bin/simulate/commands';
import type { Outcomes } from '../../../bin/simulate/simulate';

/** What the command prints, or the reason for which it refuses. */
async function run(...args: readonly string[]): Promise<string> {
  const printed: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  const program = new Command('inference-patterns').exitOverride().configureOutput({ writeErr: () => undefined });
  addSimulateCommand(program);
  program.commands.forEach((command) => command.exitOverride().configureOutput({ writeErr: () => undefined }));
  try {
    await program.parseAsync(['simulate', ...args], { from: 'user' });
    return printed.join('\n');
  } finally {
    log.mockRestore();
  }
}

const outcomesOf = async (...args: readonly string[]): Promise<Outcomes[]> =>
  (JSON.parse(await run(...args, '--format', 'json')) as { outcomes: Outcomes[] }).outcomes;

test('a good version is promoted by the judge, and rolled back by an alarm at its own rate', async () => {
  const [judge, alarm] = await outcomesOf('--errors', '1', '--runs', '60');
  expect(judge).toMatchObject({ rule: 'the judge', runs: 60, rolledBack: expect.closeTo(0, 1) as number });
  expect(judge.promoted).toBeGreaterThan(0.9);
  expect(alarm.rolledBack).toBeGreaterThan(0.9);
  expect(judge.excessErrors).toBe(0);
});

test('a version of which half is broken is stopped within two minutes of data', async () => {
  const [judge] = await outcomesOf('--new-errors', '50', '--runs', '60');
  // The first minute is that of the change of weights.
  expect(judge).toMatchObject({ rolledBack: 1, minutesToRollback: 3 });
});

test('one that is half as slow again is found by its latency alone', async () => {
  const [judge] = await outcomesOf('--latency', '1.5', '--runs', '30');
  expect(judge.rolledBack).toBe(1);
});

test('both versions down together is no reason to blame the new one', async () => {
  const [judge, alarm] = await outcomesOf('--incident', '3:6:5', '--runs', '60');
  expect(judge.rolledBack).toBeLessThan(0.05);
  expect(alarm.rolledBack).toBeGreaterThan(0.5);
});

test('the same seed gives the same, another one something else', async () => {
  const args = ['--runs', '20', '--rate', '60', '--errors', '2', '--new-errors', '6'];
  expect(await run(...args, '--seed', '5')).toBe(await run(...args, '--seed', '5'));
  expect(await run(...args, '--seed', '5')).not.toBe(await run(...args, '--seed', '6'));
});

test('the table says what was played, and has a line for each rule', async () => {
  const text = await run('--runs', '2');
  expect(text).toContain('2 rollouts by 5-20-50-100 % with 600 requests a minute: 0.1 % errors in both versions');
  for (const part of ['falsely rolled back', 'the judge', 'alarm at 1 %', 'z-test', 'Mann-Whitney']) {
    expect(text).toContain(part);
  }
});

test.each([
  ['--rate', 'many', /must be a number of 1 to 10000000/],
  ['--errors', '101', /must be a number of 0 to 100/],
  ['--steps', '5,20', /must be rising shares that end with 100/],
  ['--steps', '20,5,100', /steps is 20, 5, 100, and each must be above the one before/],
  ['--incident', '3', /must be like 3:6:5/],
  ['--bake', '1.5', /must be a whole number/],
  ['--alpha', '0.5', /must be a number of 1e-9 to 0.05/],
])('%s %s is refused', async (option, value, message) => {
  await expect(run(option, value)).rejects.toThrow(message);
});
