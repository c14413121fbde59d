using Fovea.Generator.Graph;
using Fovea.Generator.Planning;
using Fovea.Generator.Spec;

namespace Fovea.Generator.Emission;

/// <summary>A model after every stage but the last: what the emitters read.</summary>
/// <param name="Cancellation">Stops emission at the next line.</param>
/// <param name="Canvas">The canvas that costs and summaries are quoted for: the first declared one, or the reference canvas.</param>
internal sealed record CompiledModel(
    ModelSpec Spec, ModelGraph Inference, ModelGraph Training, MemoryPlan InferencePlan, MemoryPlan TrainingPlan, ParameterLayout Layout,
    ParameterStructs Parameters, PhaseHandles InferenceHandles, PhaseHandles TrainingHandles, CanvasSpec Canvas,
    IReadOnlyList<StageCost> Costs, CancellationToken Cancellation)
{
    /// <summary>Constants as source, with the places of this model's states.</summary>
    public CodeValues Constants => new(Layout.StateOf);
}
