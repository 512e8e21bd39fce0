import '@xyflow/react/dist/style.css';
import { useMemo, type ReactNode } from 'react';
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import dagre from '@dagrejs/dagre';
import { Background, Controls, MarkerType, Position, ReactFlow, type Edge, type Node } from '@xyflow/react';
import type { ProcessDefinition } from '../api/types.js';
import { count } from '../format.js';
import type { MachineProps } from './machine.js';

const WIDTH = 150;
const HEIGHT = 54;
/** Below this the names of stages can hardly be read, and the map goes downwards instead. */
const READABLE = 0.6;
/** The highest a map stands on a page, in pixels; and the room around it. */
const MOST_HEIGHT = 560;
const ROOM = 1.12;

type Direction = 'LR' | 'TB';

/** The map itself, loaded with its library when the first one is shown. */
export default function Drawn({ definition, here, been = [], notes = {}, walks, heat, onPick }: MachineProps): ReactNode {
  const dark = useComputedColorScheme('light') === 'dark';
  const { ref, width } = useElementSize();
  const laid = (direction: Direction): Laid => laidOut(definition, direction, here, been, notes, walks, heat);
  const across = useMemo(() => laid('LR'), [definition, here, been, notes, walks, heat]);
  const isNarrow = width / (across.size.width * ROOM) < READABLE;
  const shown = useMemo(() => (isNarrow ? laid('TB') : across), [across, isNarrow]);
  const { direction, nodes, edges, size } = shown;
  const scale = Math.min(1, width / (size.width * ROOM));
  return (
    <div ref={ref} style={{ height: Math.min(MOST_HEIGHT, Math.max(140, size.height * ROOM * scale)) }}>
      {width > 0 && (
        <ReactFlow
          // Fitted anew where the page is made wider or narrower.
          key={`${direction} ${Math.round(width / 40)}`}
          nodes={nodes}
          edges={edges}
          colorMode={dark ? 'dark' : 'light'}
          fitView
          fitViewOptions={{ padding: (ROOM - 1) / 2, maxZoom: 1 }}
          minZoom={0.2}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          zoomOnScroll={false}
          preventScrolling={false}
          onNodeClick={(_, { id }) => onPick?.(id)}
        >
          <Background />
          <Controls showInteractive={false} />
        </ReactFlow>
      )}
    </div>
  );
}

interface Laid {
  readonly direction: Direction;
  readonly nodes: Node[];
  readonly edges: Edge[];
  readonly size: { readonly width: number; readonly height: number };
}

function laidOut(
  { stages }: ProcessDefinition,
  direction: Direction,
  here: string | undefined,
  been: readonly string[],
  notes: Readonly<Record<string, string>>,
  walks: MachineProps['walks'],
  heat: MachineProps['heat'],
): Laid {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: direction, nodesep: 26, ranksep: direction === 'LR' ? 74 : 48, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  const all = Object.values(stages);
  for (const { id } of all) graph.setNode(id, { width: WIDTH, height: HEIGHT });
  // Moves between the same two stages are one line with all their names.
  const labels = new Map<string, string[]>();
  for (const stage of all) {
    const ways = Object.values(stage.moves).map(({ to, label }) => [to, label] as const);
    if (stage.whenAllDone) ways.push([stage.whenAllDone, 'all tracks done']);
    for (const [to, label] of ways) {
      const key = `${stage.id} ${to}`;
      labels.set(key, [...(labels.get(key) ?? []), label]);
    }
  }
  const strays = [...(walks?.keys() ?? [])].filter((key) => !labels.has(key) && key.split(' ').every((id) => stages[id]));
  for (const key of strays) labels.set(key, []);
  for (const key of labels.keys()) {
    const [from = '', to = ''] = key.split(' ');
    if (from !== to) graph.setEdge(from, to, {}, key);
  }
  dagre.layout(graph);
  const nodes = all.map(({ id, label, phase, result }): Node => {
    const { x, y } = graph.node(id) as { x: number; y: number };
    const state = id === here ? 'here' : been.includes(id) ? 'been' : '';
    return {
      id,
      position: { x: x - WIDTH / 2, y: y - HEIGHT / 2 },
      data: {
        label: (
          <>
            <strong>{label}</strong>
            {notes[id] && <small>{notes[id]}</small>}
          </>
        ),
      },
      sourcePosition: direction === 'LR' ? Position.Right : Position.Bottom,
      targetPosition: direction === 'LR' ? Position.Left : Position.Top,
      className: `stage-node ${phase} ${result ?? ''} ${state}`,
      style: {
        width: WIDTH,
        height: HEIGHT,
        // At most so warm that the text on it keeps its contrast.
        ...(heat?.[id] && { background: `color-mix(in srgb, var(--heat) ${Math.round(heat[id] * 45)}%, var(--panel))` }),
      },
    };
  });
  const most = Math.max(1, ...(walks?.values() ?? []));
  const edges = Array.from(labels, ([key, names]): Edge => {
    const [source = '', target = ''] = key.split(' ');
    return {
      id: key,
      source,
      target,
      label: names.join(', '),
      markerEnd: { type: MarkerType.ArrowClosed },
      type: source === target ? 'default' : 'smoothstep',
      ...(walks && walkedEdge(walks.get(key), most, strays.includes(key))),
    };
  });
  const { width = 0, height = 0 } = graph.graph();
  return { direction, nodes, edges, size: { width, height } };
}

/** A line that deals took is as wide as they were many, and says how many; the others stand back. */
function walkedEdge(deals: number | undefined, most: number, stray: boolean): Partial<Edge> {
  if (deals === undefined) return { className: 'unwalked', label: '' };
  return {
    className: stray ? 'walked stray' : 'walked',
    label: count(deals),
    labelStyle: { fontSize: 16, fontWeight: 600 },
    style: { strokeWidth: 1.5 + (3.5 * deals) / most },
  };
}
