/** What is shown instead of a blank page when a part of it breaks: the reason, a way back, and the run as it is. */
import { Component, type ReactNode } from "react";
import { Button } from "../parts/Button.tsx";
import { Icon } from "../parts/Icon.tsx";

interface ErrorBoundaryProps {
  children: ReactNode;
  /** With another value it is tried again: a broken conversation does not break the next one. */
  of?: string;
  what?: string;
  /** Shown as JSON, so that nothing is lost from view. */
  data?: () => unknown;
}

interface State {
  error: unknown;
  of: string | undefined;
}

export class ErrorBoundary extends Component<ErrorBoundaryProps, State> {
  override state: State = { error: null, of: this.props.of };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error: error ?? new Error("Something broke.") };
  }

  static getDerivedStateFromProps(props: ErrorBoundaryProps, state: State): Partial<State> | null {
    return props.of === state.of ? null : { of: props.of, error: null };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    const { what = "page", data: read } = this.props;
    const data = read?.();
    return (
      <div className="fault" role="alert">
        <Icon name="alert" />
        <h2>This {what} could not be shown</h2>
        <p>{error instanceof Error ? error.message : String(error)}</p>
        <p>Nothing is lost: the server has stored all of it. Loading the page again usually helps.</p>
        <div className="fault-row">
          <Button kind="primary" icon="refresh" onClick={() => location.reload()}>
            Load again
          </Button>
          <Button onClick={() => this.setState({ error: null })}>Try to show it again</Button>
        </div>
        {data !== undefined && (
          <pre className="fault-data" tabIndex={0} aria-label="The run as JSON">
            {JSON.stringify(data, null, 2)}
          </pre>
        )}
      </div>
    );
  }
}
