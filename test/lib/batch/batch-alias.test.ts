import * as s3 from 'aws-cdk-lib/aws-s3';
import { BatchTransform } from '../../../lib';
import { tinyModel } from '../../fakes/models';
import { ofType, only, plain, testStack } from '../../helpers/synth';

function deployed() {
  const stack = testStack();
  const batch = new BatchTransform(stack, 'Nightly', {
    model: tinyModel(),
    input: { bucket: s3.Bucket.fromBucketName(stack, 'Arrived', 'arrived') },
    output: { bucket: s3.Bucket.fromBucketName(stack, 'Scored', 'scored') },
  });
  const template = plain(stack);
  const [[machineId]] = ofType(template, 'AWS::StepFunctions::StateMachine');
  return { stack, batch, template, machineId };
}

test('each change of the machine publishes a version', () => {
  const { template, machineId } = deployed();
  expect(only(template, 'AWS::StepFunctions::StateMachineVersion').Properties).toEqual({
    StateMachineArn: { Ref: machineId },
    StateMachineRevisionId: { 'Fn::GetAtt': [machineId, 'StateMachineRevisionId'] },
  });
});

test('the versions before stay, also when the next one replaces them and when the stack goes', () => {
  expect(only(deployed().template, 'AWS::StepFunctions::StateMachineVersion')).toMatchObject({
    UpdateReplacePolicy: 'Retain',
    DeletionPolicy: 'Retain',
  });
});

test('the alias moves to it all at once', () => {
  const { template } = deployed();
  const [[version]] = ofType(template, 'AWS::StepFunctions::StateMachineVersion');
  const { Name, RoutingConfiguration, DeploymentPreference } = only(
    template,
    'AWS::StepFunctions::StateMachineAlias',
  ).Properties!;
  expect([Name, RoutingConfiguration, DeploymentPreference]).toEqual([
    'live',
    [{ StateMachineVersionArn: { 'Fn::GetAtt': [version, 'Arn'] }, Weight: 100 }],
    undefined,
  ]);
});

test('whoever starts runs finds its ARN on the construct', () => {
  const { stack, batch, template } = deployed();
  const [[alias]] = ofType(template, 'AWS::StepFunctions::StateMachineAlias');
  expect(stack.resolve(batch.aliasArn)).toEqual({ 'Fn::GetAtt': [alias, 'Arn'] });
});

/** By `{StateMachineArn, Alias}` an alarm would not see a run that somebody started by a version, or by the machine itself. */
test('every alarm on runs sees all of them, however they were started', () => {
  const { template, machineId } = deployed();
  const ofRuns = ofType(template, 'AWS::CloudWatch::Alarm')
    .map(([, { Properties: properties = {} }]) => properties)
    .filter(({ Namespace }) => Namespace === 'AWS/States');
  expect(ofRuns.map(({ MetricName }) => MetricName as string).sort()).toEqual([
    'ExecutionThrottled',
    'ExecutionsAborted',
    'ExecutionsFailed',
    'ExecutionsTimedOut',
  ]);
  ofRuns.forEach(({ Dimensions }) =>
    expect(Dimensions).toEqual([{ Name: 'StateMachineArn', Value: { Ref: machineId } }]),
  );
});
