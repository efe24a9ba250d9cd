import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { ManifestPlace } from '../../lambda/batch/contract';
import type { Fault } from '../checks/bounds/fault';
import { judge } from '../private/validation';
import { grantGet, grantGetOne, grantList } from './bucket-access';

/** A list of the objects that are scored, instead of a listing of the input. */
export class BatchManifest {
  /**
   * The newest complete report of an Amazon S3 Inventory in CSV: of millions of objects it takes seconds where a listing takes minutes.
   * It is as old as it is: what was put since is not scored, and what was changed since is quarantined. With the optional columns
   * `Size` and `ETag` the objects need not be looked up.
   *
   * @param bucket The bucket that the reports are written to.
   * @param prefix Where this inventory has its reports: `<destination prefix>/<bucket>/<name of the inventory>/`. A run may be started
   *   with the key of any other manifest that lies below.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html
   */
  public static inventory(bucket: s3.IBucket, prefix: string): BatchManifest {
    return new BatchManifest({ bucket: bucket.bucketName, prefix }, (grantee) => {
      grantList(bucket, prefix, grantee);
      grantGet(bucket, prefix, grantee);
    });
  }

  /**
   * One file that names objects, of which each must lie below the input's prefix: a manifest as Amazon SageMaker has them,
   * `[{"prefix": "s3://bucket/some/"}, "path", ...]`, or JSON Lines with a key on each. At most a million keys. A key without an object is
   * quarantined.
   *
   * @param bucket The bucket of the file.
   * @param key The key of the file.
   * @see https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_TransformS3DataSource.html
   */
  public static file(bucket: s3.IBucket, key: string): BatchManifest {
    return new BatchManifest({ bucket: bucket.bucketName, key }, (grantee) => grantGetOne(bucket, key, grantee));
  }

  /** @internal */
  public readonly _place: ManifestPlace;

  /** @internal */
  public readonly _grant: (grantee: iam.IGrantable) => void;

  private constructor(place: ManifestPlace, grant: (grantee: iam.IGrantable) => void) {
    this._place = place;
    this._grant = grant;
  }

  /**
   * What is wrong with it.
   *
   * @internal
   */
  public _faults(): readonly Fault[] {
    const place = this._place;
    if ('key' in place) {
      return judge(place.key, (key) =>
        key === '' || key.endsWith('/')
          ? [
              {
                id: 'batch-manifest-key',
                message: `the key of 'inputManifest' is '${key}', which is no file`,
                fix: 'give the key of the file that names the objects, or use BatchManifest.inventory()',
              },
            ]
          : [],
      );
    }
    return judge(place.prefix, (prefix) =>
      prefix.endsWith('/') && !prefix.startsWith('/')
        ? []
        : [
            {
              id: 'batch-manifest-prefix',
              message: `the prefix of 'inputManifest' is '${prefix}', and must end with '/' and not begin with it`,
              fix: "give '<destination prefix>/<bucket>/<name of the inventory>/'",
              see: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html',
            },
          ],
    );
  }
}
