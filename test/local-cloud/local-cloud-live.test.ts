import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { CodeDeployClient, GetDeploymentCommand } from '@aws-sdk/client-codedeploy';
import { GetAliasCommand, InvokeCommand, LambdaClient, ListVersionsByFunctionCommand } from '@aws-sdk/client-lambda';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalCloud } from '../../bin/local-cloud/local-cloud';

/**
 * A hand-written template against the real emulator: function, version, alias with UpdatePolicy, alarm on the executed
 * version, and a hook that reports through the real SDK. A minute of AWS is half a second.
 */

const MINUTE_SECONDS = 0.5;

/** Version 1 is the resource `V1`, version 2 `V2`: as the CDK does it, a new version is a new resource. */
function template(version: number, mode: 'works' | 'throws', smokeTest: 'Succeeded' | 'Failed') {
  const alarm = 'CandidateErrors';
  const versionNumber = { 'Fn::GetAtt': [`V${version}`, 'Version'] };
  const node = (code: string, properties = {}) => ({
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { ZipFile: code },
      Handler: 'index.handler',
      Runtime: 'nodejs22.x',
      Timeout: 10,
      Role: 'arn:aws:iam::000000000000:role/any',
      ...properties,
    },
  });
  return JSON.stringify({
    Resources: {
      Fn: node(
        `exports.handler = async () => { if ('${mode}' === 'throws') throw new Error('bad model'); return { version: ${version} }; };`,
      ),
      [`V${version}`]: {
        Type: 'AWS::Lambda::Version',
        DeletionPolicy: 'RetainExceptOnCreate',
        Properties: { FunctionName: { Ref: 'Fn' }, Description: `version ${version}` },
      },
      // A name that sorts before what it depends on through its UpdatePolicy alone.
      Alias: {
        Type: 'AWS::Lambda::Alias',
        Properties: { FunctionName: { Ref: 'Fn' }, Name: 'live', FunctionVersion: versionNumber },
        UpdatePolicy: {
          CodeDeployLambdaAliasUpdate: {
            ApplicationName: { Ref: 'Deploy' },
            DeploymentGroupName: { Ref: 'Group' },
            BeforeAllowTrafficHook: { Ref: 'Hook' },
          },
        },
      },
      Hook: node(
        `const { CodeDeploy } = require('@aws-sdk/client-codedeploy');
         exports.handler = (event) => new CodeDeploy({}).putLifecycleEventHookExecutionStatus({
           deploymentId: event.DeploymentId,
           lifecycleEventHookExecutionId: event.LifecycleEventHookExecutionId,
           status: process.env.TARGET_VERSION && '${smokeTest}',
         });`,
        { Environment: { Variables: { TARGET_VERSION: versionNumber } } },
      ),
      [alarm]: {
        Type: 'AWS::CloudWatch::Alarm',
        Properties: {
          Namespace: 'AWS/Lambda',
          MetricName: 'Errors',
          Dimensions: [
            { Name: 'FunctionName', Value: { Ref: 'Fn' } },
            { Name: 'Resource', Value: { 'Fn::Sub': '${Fn}:live' } },
            { Name: 'ExecutedVersion', Value: versionNumber },
          ],
          Statistic: 'Sum',
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: 'GreaterThanOrEqualToThreshold',
          TreatMissingData: 'notBreaching',
        },
      },
      Deploy: { Type: 'AWS::CodeDeploy::Application', Properties: { ComputePlatform: 'Lambda' } },
      Halves: {
        Type: 'AWS::CodeDeploy::DeploymentConfig',
        Properties: {
          ComputePlatform: 'Lambda',
          TrafficRoutingConfig: {
            Type: 'TimeBasedCanary',
            TimeBasedCanary: { CanaryPercentage: 50, CanaryInterval: 5 },
          },
        },
      },
      Group: {
        Type: 'AWS::CodeDeploy::DeploymentGroup',
        Properties: {
          ApplicationName: { Ref: 'Deploy' },
          DeploymentConfigName: { Ref: 'Halves' },
          ServiceRoleArn: 'arn:aws:iam::000000000000:role/any',
          DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
          AlarmConfiguration: { Enabled: true, Alarms: [{ Name: { Ref: alarm } }] },
          AutoRollbackConfiguration: { Enabled: true, Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'] },
        },
      },
    },
    Outputs: { Function: { Value: { Ref: 'Fn' } }, Alarm: { Value: { Ref: alarm } } },
  });
}

describe.each(['direct', 'deployment'] as const)('with rollback %s', (rollback) => {
  let cloud: LocalCloud;
  let cloudFormation: CloudFormationClient;
  let lambda: LambdaClient;
  let outputs: Record<string, string>;
  const StackName = 'Live';

  beforeAll(async () => {
    cloud = (await LocalCloud.start({ minuteSeconds: MINUTE_SECONDS, rollback, report: console.log }))!;
    cloudFormation = new CloudFormationClient(cloud.clientConfig);
    lambda = new LambdaClient(cloud.clientConfig);
    await cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody: template(1, 'works', 'Succeeded') }));
    const stack = await settled();
    expect(stack.StackStatus).toBe('CREATE_COMPLETE');
    outputs = Object.fromEntries(stack.Outputs!.map((output) => [output.OutputKey!, output.OutputValue!]));
  }, 240_000);

  afterAll(() => cloud?.stop());

  async function settled() {
    for (;;) {
      const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
      if (!Stacks![0].StackStatus!.endsWith('_IN_PROGRESS')) return Stacks![0];
      await sleep(50);
    }
  }

  async function invoke() {
    const answer = await lambda.send(new InvokeCommand({ FunctionName: outputs.Function, Qualifier: 'live' }));
    return { version: answer.ExecutedVersion!, error: answer.FunctionError };
  }

  const alias = () => lambda.send(new GetAliasCommand({ FunctionName: outputs.Function, Name: 'live' }));

  async function publishedVersions() {
    const { Versions } = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: outputs.Function }));
    return Versions!.map((version) => version.Version!).filter((version) => version !== '$LATEST');
  }

  /** Deploys the template while callers call; answers the stack's state and the versions that answered them. */
  async function update(TemplateBody: string) {
    await cloudFormation.send(new UpdateStackCommand({ StackName, TemplateBody }));
    const versions: string[] = [];
    let calling = true;
    const callers = (async () => {
      while (calling) {
        versions.push((await invoke()).version);
        await sleep(20);
      }
    })();
    const { StackStatus } = await settled();
    calling = false;
    await callers;
    return { StackStatus, versions };
  }

  async function aliasFailure() {
    const { StackEvents } = await cloudFormation.send(new DescribeStackEventsCommand({ StackName }));
    return StackEvents!.find((event) => event.ResourceStatus === 'UPDATE_FAILED')!.ResourceStatusReason!;
  }

  const lastDeployments = async (count: number) => (await cloud.deployments()).slice(-count);

  test('a hook that reports Failed lets no traffic through', async () => {
    const { StackStatus, versions } = await update(template(2, 'works', 'Failed'));
    expect(StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(new Set(versions)).toEqual(new Set(['1']));
    expect(await aliasFailure()).toMatch(/HOOK_EXECUTION_FAILURE: BeforeAllowTraffic: .* reported Failed/);
    expect((await alias()).FunctionVersion).toBe('1');
    // RetainExceptOnCreate: what the failed update made is gone.
    expect(await publishedVersions()).toEqual(['1']);
  }, 60_000);

  test('a version that works is shifted by canary', async () => {
    const { StackStatus, versions } = await update(template(2, 'works', 'Succeeded'));
    expect(StackStatus).toBe('UPDATE_COMPLETE');
    const live = (await alias()).FunctionVersion!;
    expect(new Set(versions)).toEqual(new Set(['1', live]));
    expect((await alias()).RoutingConfig).toBeUndefined();
    const [deployment] = await lastDeployments(1);
    expect(deployment.weights.map((step) => step.weights)).toEqual([{ 1: 1 }, { 1: 0.5, [live]: 0.5 }, { [live]: 1 }]);
    const { deploymentInfo } = await new CodeDeployClient(cloud.clientConfig).send(
      new GetDeploymentCommand({ deploymentId: deployment.id }),
    );
    expect(deploymentInfo).toMatchObject({ status: 'Succeeded', creator: 'CloudFormation', computePlatform: 'Lambda' });
    expect(await invoke()).toEqual({ version: live, error: undefined });
    // RetainExceptOnCreate: the version that the template no longer has is kept.
    expect(await publishedVersions()).toEqual(['1', live]);
  }, 60_000);

  test('a failing version is rolled back by its own alarm', async () => {
    const before = (await alias()).FunctionVersion!;
    const { StackStatus } = await update(template(3, 'throws', 'Succeeded'));
    expect(StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await aliasFailure()).toMatch(new RegExp(`stopped: ALARM_ACTIVE: .*Activated alarms: ${outputs.Alarm}`));
    expect(await alias()).toMatchObject({ FunctionVersion: before });
    expect((await alias()).RoutingConfig).toBeUndefined();
    expect(await invoke()).toEqual({ version: before, error: undefined });

    const [failed, back, again] = await lastDeployments(rollback === 'direct' ? 2 : 3);
    expect(failed).toMatchObject({ status: 'Stopped', rolledBackBy: back.id, currentVersion: before });
    expect(back).toMatchObject({ creator: 'codeDeployRollback', status: 'Succeeded', targetVersion: before });
    if (rollback === 'deployment') {
      expect(again).toMatchObject({ creator: 'CloudFormationRollback', status: 'Succeeded', targetVersion: before });
      expect(again.events.map((event) => event.name)).toEqual(['BeforeAllowTraffic', 'AllowTraffic']);
    }
    const { transitions } = await cloud.alarms();
    expect(transitions.some((one) => one.alarm === outputs.Alarm && one.to === 'ALARM')).toBe(true);
  }, 60_000);

  test('the alarm recovers, and the next good version goes live', async () => {
    const cloudWatch = new CloudWatchClient(cloud.clientConfig);
    const { MetricAlarms } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: [outputs.Alarm] }));
    expect(MetricAlarms![0].StateValue).toBe('OK');
    const { StackStatus } = await update(template(4, 'works', 'Succeeded'));
    expect(StackStatus).toBe('UPDATE_COMPLETE');
  }, 60_000);

  test('the run can say what was simulated', async () => {
    const ids = (await cloud.simulated()).map((row) => row.id);
    expect(ids).toEqual(
      expect.arrayContaining([
        'lambda-alias-weights',
        'codedeploy-shift',
        'codedeploy-hooks',
        'codedeploy-alarms',
        'cloudwatch-alarm-evaluation',
      ]),
    );
    expect(ids).not.toContain('application-auto-scaling');
  });

  test('the stack can be deleted', async () => {
    await cloudFormation.send(new DeleteStackCommand({ StackName }));
    // A deleted stack is no longer found by its name.
    await expect(settled()).rejects.toThrow(/does not exist/);
  }, 30_000);
});
