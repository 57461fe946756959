import { Component, type ReactNode } from 'react';

interface Props {
  /** Replaces children that could not be rendered. */
  fallback: ReactNode;
  children: ReactNode;
}

/** Catches the errors of rendering one answer, so that the page around it survives. */
export class AnswerBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
