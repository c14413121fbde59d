using Fovea.Generator.Graph;
using Fovea.Generator.Planning;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>A model after every stage but the last: what the emitters read.</summary>
internal sealed class CompiledModel
{
    public CompiledModel(ModelSpec spec, ModelGraph inference, ModelGraph training, CancellationToken cancellation = default)
    {
        Spec = spec;
        Cancellation = cancellation;
        Inference = inference;
        Training = training;
        var constants = new PlanConstants(
            spec.Anchors.PerCell, spec.Classes, spec.PostProcessing.TopK, spec.PostProcessing.MaxDetections,
            inference.Levels.Select(level => level.Logits.Shape.Halvings).ToList());
        InferencePlan = MemoryPlanner.Plan(inference, constants);
        TrainingPlan = MemoryPlanner.Plan(training, constants);
        Layout = new ParameterLayout(training, inference, spec.Matching.Normalizer == "RunningForeground");
        Parameters = new ParameterStructs(training, inference, Layout);
        InferenceHandles = Handles("Inference", inference, InferencePlan);
        TrainingHandles = Handles("Training", training, TrainingPlan);
        Canvas = spec.InputSizes.Count > 0 ? spec.InputSizes[0] : new(MemoryPlanner.ReferenceCanvas, MemoryPlanner.ReferenceCanvas);
        Costs = CostTable.For(inference, Canvas.Height, Canvas.Width);
    }

    public ModelSpec Spec { get; }

    /// <summary>Stops emission at the next line.</summary>
    public CancellationToken Cancellation { get; }

    public ModelGraph Inference { get; }

    public ModelGraph Training { get; }

    public MemoryPlan InferencePlan { get; }

    public MemoryPlan TrainingPlan { get; }

    public ParameterLayout Layout { get; }

    public ParameterStructs Parameters { get; }

    public PhaseHandles InferenceHandles { get; }

    public PhaseHandles TrainingHandles { get; }

    /// <summary>The canvas that costs and summaries are quoted for: the first declared one, or the reference canvas.</summary>
    public CanvasSpec Canvas { get; }

    public IReadOnlyList<StageCost> Costs { get; }

    private PhaseHandles Handles(string name, ModelGraph graph, MemoryPlan plan)
    {
        var activations = HandleStructs.OfActivations(graph, plan);
        return new(name, activations, HandleStructs.OfGradients(graph, plan, activations), Parameters);
    }
}
