import * as dagre from '@dagrejs/dagre';

export interface Point {
  readonly x: number;
  readonly y: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The part of dagre that is used: its own declarations do not resolve in ES modules. */
interface DagreGraph {
  setGraph(options: object): void;
  setDefaultEdgeLabel(label: () => object): void;
  setNode(name: string, size: Size): void;
  setEdge(from: string, to: string): void;
  graph(): Partial<Size>;
  node(name: string): Point & Size;
  edges(): { readonly v: string; readonly w: string }[];
  edge(from: string, to: string): { readonly points?: readonly Point[] };
}
const { Graph, layout } = dagre as unknown as { readonly Graph: new () => DagreGraph; readonly layout: (graph: DagreGraph) => void };

/** Boxes with their middles, lines with their bends; all in pixels, from the top left. */
export interface GraphLayout extends Size {
  readonly boxes: ReadonlyMap<string, Point & Size>;
  readonly lines: readonly (readonly Point[])[];
}

/** Places the nodes of a directed graph in layers from top to bottom. Every end of an edge must be a node. */
export function layOut(nodes: ReadonlyMap<string, Size>, edges: readonly (readonly [from: string, to: string])[]): GraphLayout {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 26, ranksep: 34, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [name, size] of nodes) graph.setNode(name, { ...size });
  for (const [from, to] of edges) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    boxes: new Map([...nodes.keys()].map((name) => [name, graph.node(name)])),
    lines: graph.edges().map(({ v, w }) => graph.edge(v, w).points ?? []),
  };
}
