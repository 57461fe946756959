declare module 'pino-roll' {
  /** The options that log.ts uses; the package has no types of its own. */
  export default function roll(options: {
    file: string;
    extension: string;
    frequency: 'daily';
    dateFormat: string;
    limit: { count: number; removeOtherLogFiles: boolean };
    mkdir: boolean;
    sync: boolean;
  }): Promise<import('pino').DestinationStream & { end(): void }>;
}
