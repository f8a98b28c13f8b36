/** `852 KB`, for people. */
export const sizeOf = (bytes: number): string => `${Math.ceil(bytes / 1024).toLocaleString('en-US')} KB`;
