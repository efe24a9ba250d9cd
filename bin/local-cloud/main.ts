/** `tsx bin/local-cloud/main.ts start`: a local cloud for one's own stack, until it is interrupted. */
import { LocalCloud } from './local-cloud';

/** What a shell needs besides its own environment. */
const EXPORTED = /^(AWS_|CDK_|NO_PROXY$)/;

async function main(): Promise<void> {
  if (process.argv[2] !== 'start') {
    console.error('Usage: tsx bin/local-cloud/main.ts start');
    process.exitCode = 2;
    return;
  }
  const minuteSeconds = Number(process.env.LOCAL_CLOUD_MINUTE_SECONDS ?? 1);
  const rollback = process.env.LOCAL_CLOUD_ROLLBACK === 'deployment' ? 'deployment' : 'direct';
  const endpointRollback = process.env.LOCAL_CLOUD_ENDPOINT_ROLLBACK === 'failed' ? 'failed' : 'silent';
  const cloud = await LocalCloud.start({ minuteSeconds, rollback, endpointRollback, report: console.error });
  if (!cloud) {
    process.exitCode = 1;
    return;
  }
  console.log(`# The local cloud runs until Ctrl-C; a minute of AWS is ${minuteSeconds} s. Its log: ${cloud.logFile}`);
  console.log('# In the shell that is to use it:');
  console.log(`unset $(env | grep -o '^AWS_[A-Z0-9_]*')`);
  for (const [name, value] of Object.entries(cloud.environment)) {
    if (EXPORTED.test(name)) console.log(`export ${name}=${value}`);
  }
  const { NODE_OPTIONS, LOCAL_CLOUD_START, LOCAL_CLOUD_MINUTE_SECONDS } = cloud.scaledEnvironment;
  console.log(
    `# In front of inference-patterns rollout: NODE_OPTIONS='${NODE_OPTIONS}' LOCAL_CLOUD_START=${LOCAL_CLOUD_START} LOCAL_CLOUD_MINUTE_SECONDS=${LOCAL_CLOUD_MINUTE_SECONDS}`,
  );
  console.log(`npx cdk bootstrap aws://${cloud.account}/${cloud.region}`);
  console.log(`# REST APIs: ${cloud.apiUrl('{restApiId}', '{stage}')}/{path}`);
}

void main();
