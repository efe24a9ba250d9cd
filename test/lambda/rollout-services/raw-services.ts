import type { IncomingMessage } from 'node:http';
import type { RawCall, RawService } from './loopback-services';

/**
 * Objects of S3, as far as they are written.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
export class ObjectService implements RawService {
  /** By bucket and key. */
  public readonly objects = new Map<string, string>();

  public find({ method, url }: IncomingMessage, text: string): RawCall | undefined {
    const at = new URL(url!, 'http://aws');
    if (method !== 'PUT' || at.searchParams.get('x-id') !== 'PutObject') {
      return undefined;
    }
    const key = decodeURIComponent(at.pathname.slice(1));
    return {
      operation: 'PutObject',
      input: { key },
      run: () => {
        this.objects.set(key, text);
        return '';
      },
    };
  }

  public refusal(code: string, message: string): string {
    return `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  }
}

/**
 * A topic of SNS, which keeps its messages.
 *
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export class TopicService implements RawService {
  public readonly messages: Readonly<Record<string, string>>[] = [];

  public find(_: IncomingMessage, text: string): RawCall | undefined {
    if (!text.startsWith('Action=Publish&')) {
      return undefined;
    }
    const input = Object.fromEntries(new URLSearchParams(text));
    return {
      operation: 'Publish',
      input,
      run: () => {
        this.messages.push(input);
        return '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>';
      },
    };
  }

  public refusal(code: string, message: string): string {
    return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
  }
}
