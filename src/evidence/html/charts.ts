/** The libraries that compute the charts, loaded when a page is made and not before. */
export interface Charts {
  readonly scale: Pick<typeof import("d3-scale"), "scaleLinear" | "scaleBand">;
  readonly shape: Pick<typeof import("d3-shape"), "line" | "symbol" | "symbolDiamond" | "symbolTriangle">;
  readonly array: Pick<typeof import("d3-array"), "quantileSorted" | "extent">;
}

export async function loadCharts(): Promise<Charts> {
  const [scale, shape, array] = await Promise.all([import("d3-scale"), import("d3-shape"), import("d3-array")]);
  return { scale, shape, array };
}
