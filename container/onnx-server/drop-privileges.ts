/**
 * Becomes an ordinary user. SageMaker expects a container to start as root, since it lays the model down as root; once the model
 * is loaded, nothing here needs to be.
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
 */
export function dropPrivileges(user: string | undefined): void {
  if (user === undefined || process.getuid?.() !== 0) {
    return;
  }
  // In this order: the last step takes away the right to the others.
  process.setgroups?.([]);
  process.setgid?.(user);
  process.setuid?.(user);
}
