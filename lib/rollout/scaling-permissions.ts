import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** Of whose versions a controller has the capacity follow the traffic. */
export interface ScaledService {
  /** As Application Auto Scaling calls the service. */
  readonly namespace: 'lambda' | 'sagemaker';
  /** How the ids of what is scaled begin, such as `endpoint/name/`. */
  readonly resourcePrefix: string;
  /** Whether anything is scaled. */
  readonly scaled: boolean;
}

const LINKED_ROLES = {
  lambda: 'AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency',
  sagemaker: 'AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint',
};

/**
 * What lets a controller scale versions, which come and go. To stop scaling is always allowed: scaling that is taken out of the props is to
 * be taken from the versions that have it. Ids of scalable targets are made up by the service.
 *
 * @see https://docs.aws.amazon.com/autoscaling/application/userguide/security_iam_service-with-iam.html
 */
export function scalingPermissions(
  scope: Construct,
  { namespace, resourcePrefix, scaled }: ScaledService,
): iam.PolicyStatement[] {
  const stack = Stack.of(scope);
  const targets = new iam.PolicyStatement({
    actions: [
      'application-autoscaling:DeregisterScalableTarget',
      ...(scaled
        ? [
            'application-autoscaling:RegisterScalableTarget',
            'application-autoscaling:PutScalingPolicy',
            'application-autoscaling:PutScheduledAction',
          ]
        : []),
    ],
    resources: [
      stack.formatArn({ service: 'application-autoscaling', resource: 'scalable-target', resourceName: '*' }),
    ],
    conditions: { StringEquals: { 'application-autoscaling:service-namespace': namespace } },
  });
  if (!scaled) {
    return [targets];
  }
  return [
    targets,
    // Target tracking has alarms of its own, made in the name of whoever asks for it.
    new iam.PolicyStatement({
      actions: ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms'],
      resources: [
        stack.formatArn({
          service: 'cloudwatch',
          resource: 'alarm',
          resourceName: `TargetTracking-${resourcePrefix}*`,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
    }),
    new iam.PolicyStatement({
      actions: ['iam:CreateServiceLinkedRole'],
      resources: [
        stack.formatArn({
          service: 'iam',
          region: '',
          resource: 'role',
          resourceName: `aws-service-role/${namespace}.application-autoscaling.amazonaws.com/${LINKED_ROLES[namespace]}`,
        }),
      ],
      conditions: { StringEquals: { 'iam:AWSServiceName': `${namespace}.application-autoscaling.amazonaws.com` } },
    }),
  ];
}
