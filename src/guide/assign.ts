/**
 * Cheapest one-to-one assignment with the largest number of rows served: which source goes on which input, which mix on
 * which output. The Hungarian method with potentials, in whole numbers: rows^2 x columns steps, at most 64 rows here.
 */

/** Dearer than any sum of allowed costs (64 x 2e6): which row is left out outranks what the others cost. */
const EARLIER = 1e9;
/** Dearer than any sum of those: how many are left out comes first. All sums stay exact in a double. */
const LEFT_OUT = 1e13;

/**
 * `costs[row][column]`: whole number 0..2000000, or null where the pair is not allowed. Answers the column of each row,
 * null for a row left out. As many rows as possible are served; of two that compete, the earlier one is.
 */
export function assign(costs: readonly (readonly (number | null)[])[]): (number | null)[] {
  const rows = costs.length;
  const columns = costs[0]?.length ?? 0;
  if (rows === 0) return [];
  // Behind the real columns stands one to be left out on for each row. Leaving out a later row is the cheaper.
  const width = columns + rows;
  const cost = (row: number, column: number): number => {
    if (column >= columns) return LEFT_OUT + EARLIER * (rows - row);
    return costs[row]?.[column] ?? LEFT_OUT * 4;
  };
  const rowPotential = new Float64Array(rows + 1);
  const columnPotential = new Float64Array(width + 1);
  const rowOfColumn = new Int32Array(width + 1);
  const cameFrom = new Int32Array(width + 1);
  for (let row = 1; row <= rows; row++) {
    rowOfColumn[0] = row;
    let column = 0;
    const least = new Float64Array(width + 1).fill(Number.POSITIVE_INFINITY);
    const used = new Uint8Array(width + 1);
    do {
      used[column] = 1;
      const from = rowOfColumn[column]!;
      let delta = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let j = 1; j <= width; j++) {
        if (used[j]) continue;
        const reduced = cost(from - 1, j - 1) - rowPotential[from]! - columnPotential[j]!;
        if (reduced < least[j]!) {
          least[j] = reduced;
          cameFrom[j] = column;
        }
        if (least[j]! < delta) {
          delta = least[j]!;
          next = j;
        }
      }
      for (let j = 0; j <= width; j++) {
        if (used[j]) {
          rowPotential[rowOfColumn[j]!]! += delta;
          columnPotential[j]! -= delta;
        } else {
          least[j]! -= delta;
        }
      }
      column = next;
    } while (rowOfColumn[column] !== 0);
    do {
      const before = cameFrom[column]!;
      rowOfColumn[column] = rowOfColumn[before]!;
      column = before;
    } while (column !== 0);
  }
  const answer: (number | null)[] = new Array(rows).fill(null);
  for (let j = 1; j <= columns; j++) {
    const row = rowOfColumn[j]!;
    if (row > 0) answer[row - 1] = j - 1;
  }
  return answer;
}
