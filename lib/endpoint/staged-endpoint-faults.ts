import type { Fault } from '../checks/bounds/fault';
import type { EndpointVariant } from './endpoint-variant';

/** What a staged rollout cannot move. */
export function faultyStagedEndpoint(variants: readonly EndpointVariant[]): Fault[] {
  const serverless = variants.some(({ capacity }) => capacity._instances === undefined);
  return [
    ...(variants.length > 1
      ? [
          {
            id: 'endpoint-staged-variants',
            message: `'rollout' is staged, and the endpoint has ${variants.length} variants: the old and the new version are variants themselves, and share all traffic`,
            fix: 'give each model an endpoint of its own, or use Rollout.canary',
          },
        ]
      : []),
    ...(serverless
      ? [
          {
            id: 'endpoint-staged-serverless',
            message:
              "'rollout' is staged, and a serverless endpoint has room for one variant: there is no traffic to split",
            fix: 'use Rollout.allAtOnce, or Capacity.instances',
            see: 'https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html',
          },
        ]
      : []),
  ];
}
