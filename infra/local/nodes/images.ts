import type { Container } from '../kubernetes/client/objects.ts';

/**
 * The images of one node; those of `Never` are there. Gives whether the one that a container runs was there already, or
 * had to be pulled, which takes no time. Source: kubernetes, pkg/kubelet/images, EnsureImageExists.
 */
export function createImages(): (container: Container) => 'present' | 'pulled' {
  const images = new Set<string>();
  return ({ image = '', imagePullPolicy }) => {
    const isPresent = images.has(image);
    images.add(image);
    return imagePullPolicy === 'Never' || (isPresent && imagePullPolicy !== 'Always') ? 'present' : 'pulled';
  };
}
