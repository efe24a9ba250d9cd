import type * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StagedController } from './staged-controller';

/** What an alias of a controller is made of. */
export interface StagedAliasProps {
  readonly aliasName: string;
  /** The version that this synthesis desires. */
  readonly version: lambda.IVersion;
  readonly controller: StagedController;
}

/**
 * An alias whose traffic a controller shifts. It is no resource of the template: CloudFormation would give all traffic to each new version
 * at once. Whoever uses it waits until the controller has made it.
 */
export class StagedAlias extends lambda.QualifiedFunctionBase implements lambda.IAlias {
  public readonly aliasName: string;
  public readonly version: lambda.IVersion;
  public readonly lambda: lambda.IFunction;
  public readonly functionArn: string;
  public readonly functionName: string;
  public readonly grantPrincipal: iam.IPrincipal;
  public readonly role?: iam.IRole;
  public readonly architecture: lambda.Architecture;

  protected readonly canCreatePermissions: boolean = true;
  protected readonly qualifier: string;

  constructor(scope: Construct, id: string, { aliasName, version, controller }: StagedAliasProps) {
    super(scope, id, { physicalName: aliasName });
    this.aliasName = aliasName;
    this.version = version;
    this.lambda = version.lambda;
    this.grantPrincipal = version.grantPrincipal;
    this.role = version.role;
    this.architecture = version.lambda.architecture;
    this.functionArn = controller.targetArn;
    const { resourceName } = Stack.of(this).splitArn(this.functionArn, ArnFormat.COLON_RESOURCE_NAME);
    this.functionName = `${resourceName}:${aliasName}`;
    this.qualifier = lambda.extractQualifierFromArn(this.functionArn);
    // For those who make themselves wait for the alias by its resource, such as a function URL.
    this.node.defaultChild = controller.resource.node.defaultChild;
  }

  public get aliasRef(): lambda.AliasReference {
    return { aliasArn: this.functionArn };
  }
}
