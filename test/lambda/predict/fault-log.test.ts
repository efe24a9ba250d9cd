import { logFault } from '../../../lambda/predict/fault-log';
import type { ServedModel } from '../../../lambda/predict/contract';

const MODEL: ServedModel = {
  name: 'fraud',
  version: '3',
  sha256: '0'.repeat(64),
  artifact: { source: 'bundle', path: 'model.onnx' },
  input: { kind: 'vector', fields: [] },
  maxInstances: 1,
};

function logged(error: unknown): Record<string, unknown> {
  const written: string[] = [];
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((line) => written.push(String(line)) > 0),
  );
  logFault(MODEL, 'request-1', 'inference-1', error);
  spies.forEach((spy) => spy.mockRestore());
  expect(written).toHaveLength(1);
  return JSON.parse(written[0]) as Record<string, unknown>;
}

test('a fault is one line that names model, request and reason, and where it happened', () => {
  const line = logged(new Error('node Gather failed'));
  expect(line).toMatchObject({
    level: 'ERROR',
    message: 'the model failed',
    model: { name: 'fraud', version: '3' },
    requestId: 'request-1',
    inferenceId: 'inference-1',
    reason: 'node Gather failed',
  });
  expect(line.at).toContain('fault-log.test');
});

test('a long reason is cut, and not repeated in the trace', () => {
  const line = logged(new Error(`values ${'1.5 '.repeat(1000)}`));
  expect(line.reason).toHaveLength(500);
  expect(line.at).not.toContain('1.5 1.5');
});

test('whatever was thrown is logged', () => {
  expect(logged('text')).toMatchObject({ reason: 'text' });
  expect(logged(undefined)).toMatchObject({ reason: 'undefined' });
});
