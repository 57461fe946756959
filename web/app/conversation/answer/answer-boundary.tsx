import { Component, type ReactNode } from 'react';

interface Props {
  /** What stands in the place of what could not be rendered. */
  fallback: ReactNode;
  children: ReactNode;
}

/** What breaks in an answer breaks that answer only: the page around it lives. */
export class AnswerBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
