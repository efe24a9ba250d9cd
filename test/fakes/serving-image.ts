import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { ServingImage, type ServingImageConfig } from '../../lib';

/** An image that is what it is told to be. */
export class FakeImage extends ServingImage {
  public readonly boundTo: iam.IRole[] = [];

  constructor(private readonly config: Partial<ServingImageConfig> = {}) {
    super();
  }

  public bind(_scope: Construct, role: iam.IRole): ServingImageConfig {
    this.boundTo.push(role);
    return { imageUri: '111122223333.dkr.ecr.eu-west-1.amazonaws.com/fake:1', ...this.config };
  }
}
