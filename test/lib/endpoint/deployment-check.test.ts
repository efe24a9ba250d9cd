/* eslint-disable @typescript-eslint/no-unsafe-member-access -- templates are read as plain data */
import { EndpointUnderTest } from '../../fakes/endpoints';
import { identityStatements } from '../../helpers/statements';
import { named, ofType, strings } from '../../helpers/synth';

const under = new EndpointUnderTest();
const statementsOf = (owner: RegExp) =>
  identityStatements(under.template).filter((statement) => owner.test(statement.owner));
const alarms = ['NewFleetErrors', 'NewFleetLatency'].map((id) => under.at(`Variants/AllTraffic/${id}`).id);

test('is told the endpoint, the configuration that was asked for, and the alarms', () => {
  const { ServiceToken, ServiceTimeout, ...told } = under.of('DeploymentCheck/Resource/Default');
  expect(ServiceToken['Fn::GetAtt'][0]).toMatch(/^EndpointDeploymentCheckerProvider/);
  expect(ServiceTimeout).toBeUndefined();
  expect(told).toEqual({
    EndpointName: under.endpoint.endpointName,
    EndpointConfigName: { 'Fn::GetAtt': [under.at('Config').id, 'EndpointConfigName'] },
    AlarmNames: alarms.map((Ref) => ({ Ref })),
  });
});

test('may look at this endpoint, and at the history of these alarms', () => {
  const statements = statementsOf(/^ChatDeploymentCheckPolicy/);
  expect(statements.map(({ actions }) => actions)).toEqual([
    ['sagemaker:DescribeEndpoint'],
    ['cloudwatch:DescribeAlarmHistory'],
  ]);
  expect(strings(statements[0].resources)).toContain(`:endpoint/${under.endpoint.endpointName}`);
  expect(statements[1].resources).toEqual(alarms.map((id) => ({ 'Fn::GetAtt': [id, 'Arn'] })));
});

test('its function may write its own logs besides, and nothing else', () => {
  expect(statementsOf(/^EndpointDeploymentCheckerRole/).map(({ actions }) => actions)).toEqual([
    ['logs:CreateLogStream', 'logs:PutLogEvents'],
  ]);
  expect(
    statementsOf(/^EndpointDeploymentCheckerFramework/)
      .flatMap(({ actions }) => actions)
      .sort(),
  ).toEqual(['lambda:GetFunction', 'lambda:InvokeFunction', 'logs:CreateLogStream', 'logs:PutLogEvents']);
});

test('its function has the time that Lambda has, on arm64, and logs for three months', () => {
  expect(named(under.template, /^EndpointDeploymentCheckerFunction/).Properties).toMatchObject({
    Timeout: 900,
    MemorySize: 256,
    Architectures: ['arm64'],
    Handler: 'index.handler',
  });
  const groups = ofType(under.template, 'AWS::Logs::LogGroup');
  expect(groups.map(([, { Properties: properties }]) => properties!.RetentionInDays as number)).toEqual([90]);
  ofType(under.template, 'AWS::Lambda::Function').forEach(([, { Properties: properties }]) =>
    expect(properties!.LoggingConfig.LogGroup).toEqual({ Ref: groups[0][0] }),
  );
});
