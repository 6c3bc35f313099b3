import { InvalidArgumentError } from 'commander';

/** Reads the number that an option takes. `what` completes "It must be". */
export const readNumber =
  (what: string, fits: (value: number) => boolean) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && fits(value)) return value;
    throw new InvalidArgumentError(`It must be ${what}.`);
  };

export const readWhole = (least: number, most: number) => readNumber(`a whole number from ${least} to ${most}`, (n) => Number.isInteger(n) && n >= least && n <= most);
