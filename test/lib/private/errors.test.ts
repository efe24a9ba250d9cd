import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { InferenceConfigurationError, refuse } from '../../../lib/private/errors';

const FAULT = { id: 'a-rule', message: "'x' is 3, allowed is 1", fix: "set 'x' to 1", see: 'https://example.com' };

test('without faults nothing happens', () => {
  expect(() => refuse('something', [])).not.toThrow();
});

test('all faults are in one message, each with its remedy, page and rule', () => {
  const second = { id: 'b-rule', message: 'it is empty', fix: 'fill it' };
  expect(() => refuse('the thing', [FAULT, second])).toThrow(
    new InferenceConfigurationError(
      "the thing cannot be used as configured:\n  - 'x' is 3, allowed is 1: set 'x' to 1 (see https://example.com) [a-rule]\n  - it is empty: fill it [b-rule]",
    ),
  );
});

test('a construct is named by its path', () => {
  const construct = new Construct(new Stack(undefined, 'Prod'), 'Fraud');
  expect(() => refuse(construct, [FAULT])).toThrow("construct 'Prod/Fraud' cannot be used as configured");
});

test('the error has a name of its own', () => {
  expect(new InferenceConfigurationError('x').name).toBe('InferenceConfigurationError');
});
