import { useEffect, useRef, type ReactNode } from 'react';
import { useComputedColorScheme } from '@mantine/core';
import { BarChart, FunnelChart, HeatmapChart, LineChart, SankeyChart, ScatterChart } from 'echarts/charts';
import {
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
} from 'echarts/components';
import { init, use, type EChartsType } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import type { ChartProps } from './chart.js';

use([
  BarChart,
  LineChart,
  ScatterChart,
  FunnelChart,
  SankeyChart,
  HeatmapChart,
  GridComponent,
  TooltipComponent,
  LegendComponent,
  DataZoomComponent,
  MarkLineComponent,
  VisualMapComponent,
  CanvasRenderer,
]);

/** Told apart also by those who see few colours, on light and on dark. */
const COLOURS = ['#0e7490', '#d97706', '#7c3aed', '#15803d', '#be185d', '#64748b'];

/** A4 upright with the margins that browsers leave, less those of a panel. */
const PAPER_PX = 640;

/** The picture itself, loaded with echarts when the first chart is shown. */
export default function Drawn({
  option,
  onPick,
  onReady,
}: ChartProps & { readonly onReady: (draw: () => string) => void }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);
  const dark = useComputedColorScheme('light') === 'dark';

  useEffect(() => {
    const drawn = init(place.current, dark ? 'dark' : null);
    chart.current = drawn;
    const watch = new ResizeObserver(() => drawn.resize());
    watch.observe(place.current!);
    // Paper has a width of its own, which nothing tells in time.
    const onPaper = (): void => drawn.resize({ width: Math.min(PAPER_PX, drawn.getWidth()) });
    const onScreen = (): void => drawn.resize({ width: 'auto' });
    globalThis.addEventListener('beforeprint', onPaper);
    globalThis.addEventListener('afterprint', onScreen);
    onReady(() => drawn.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor: dark ? '#1a1d21' : '#ffffff' }));
    return () => {
      watch.disconnect();
      globalThis.removeEventListener('beforeprint', onPaper);
      globalThis.removeEventListener('afterprint', onScreen);
      drawn.dispose();
    };
    // The picture is made anew for other colours alone; what it shows is set below.
  }, [dark]);

  useEffect(() => {
    const drawn = chart.current;
    if (!drawn) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    drawn.setOption(
      {
        backgroundColor: 'transparent',
        color: COLOURS,
        animation: !still,
        animationDuration: 300,
        textStyle: { fontFamily: 'inherit' },
        grid: { left: 8, right: 16, top: 24, bottom: 8, containLabel: true },
        tooltip: { trigger: 'axis', confine: true },
        ...option,
      },
      true,
    );
    drawn.off('click');
    if (onPick)
      drawn.on('click', (event) => onPick({ name: event.name, seriesName: event.seriesName ?? '', dataIndex: event.dataIndex }));
  }, [option, onPick, dark]);

  return <div ref={place} style={{ width: '100%', height: '100%' }} />;
}
