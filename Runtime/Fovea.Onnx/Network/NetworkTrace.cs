using Fovea.CompilerServices;

namespace Fovea.Onnx.Network;

/// <summary>
/// A detector's network as a graph: what its generated code does in detection, with norms beside their convolutions again.
/// The generated code is the only source: it is run once over a backend that writes down what it is asked for.
/// </summary>
internal sealed class NetworkTrace
{
    private NetworkTrace(TraceLog log) =>
        (Input, Nodes, Logits, Deltas, Anchors) = (log.Input, log.Nodes, log.Logits, log.Deltas, log.Anchors);

    /// <summary>[N, H, W, 3], normalised.</summary>
    public NetworkValue Input { get; }

    /// <summary>In the order of execution.</summary>
    public IReadOnlyList<NetworkNode> Nodes { get; }

    /// <summary>Of each level, the finest first: [N, H, W, A·K].</summary>
    public IReadOnlyList<NetworkValue> Logits { get; }

    /// <summary>Of each level: [N, H, W, A·4].</summary>
    public IReadOnlyList<NetworkValue> Deltas { get; }

    /// <summary>Of each level.</summary>
    public IReadOnlyList<AnchorLevel> Anchors { get; }

    /// <summary>Traces a network.</summary>
    /// <param name="program">The generated network.</param>
    /// <param name="canvas">On which shapes are told.</param>
    /// <exception cref="NotSupportedException">It uses an operator that is not RetinaNet's.</exception>
    public static NetworkTrace Of(DetectorProgram program, CanvasSize canvas)
    {
        var plan = program.PlanInference(1, canvas.Height, canvas.Width);
        var log = new TraceLog(program.Description, plan.Input);
        var tracer = new NetworkTracer(log);
        program.Fold(ref tracer);
        program.GenerateAnchors(ref tracer, plan);
        program.Detect(ref tracer, plan);
        return log.Logits.Count > 0
            ? new NetworkTrace(log)
            : throw new NotSupportedException($"{program.Description.Name} selects no candidates: expected RetinaNet's head.");
    }
}
