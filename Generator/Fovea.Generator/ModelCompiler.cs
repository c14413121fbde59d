using Fovea.Generator.Emission;
using Fovea.Generator.Graph;
using Fovea.Generator.Heads;
using Fovea.Generator.Passes;
using Fovea.Generator.Planning;
using Fovea.Generator.Spec;

namespace Fovea.Generator;

/// <summary>From a valid spec to the files of the model: lower, passes, plan, emit.</summary>
internal static class ModelCompiler
{
    public static EquatableArray<GeneratedFile> Compile(ModelSpec spec, CancellationToken cancellation) =>
        Emit(Plan(spec, NetworkParts.Default, cancellation), cancellation);

    /// <summary>Every stage but the last.</summary>
    /// <param name="parts">What is chosen of the network, not built in.</param>
    public static CompiledModel Plan(ModelSpec spec, NetworkParts parts, CancellationToken cancellation) => Plan(
        spec,
        GraphBuilder.Inference(spec, parts, cancellation: cancellation),
        GraphBuilder.Training(spec, parts, cancellation: cancellation),
        cancellation);

    /// <summary>Slots, parameters and handles of both graphs.</summary>
    public static CompiledModel Plan(ModelSpec spec, ModelGraph inference, ModelGraph training, CancellationToken cancellation)
    {
        var inferencePlan = MemoryPlanner.Plan(inference, cancellation);
        var trainingPlan = MemoryPlanner.Plan(training, cancellation);
        var layout = new ParameterLayout(training, inference, cancellation);
        var parameters = new ParameterStructs(training, inference, layout);
        var canvas = spec.InputSizes.Count > 0 ? spec.InputSizes[0] : new(MemoryPlanner.ReferenceCanvas, MemoryPlanner.ReferenceCanvas);
        cancellation.ThrowIfCancellationRequested();
        return new(
            spec, inference, training, inferencePlan, trainingPlan, layout, parameters,
            PhaseHandles.Of("Inference", inference, inferencePlan, parameters),
            PhaseHandles.Of("Training", training, trainingPlan, parameters),
            canvas, CostTable.For(inference, canvas.Height, canvas.Width));
    }

    public static EquatableArray<GeneratedFile> Emit(CompiledModel model, CancellationToken cancellation)
    {
        Func<GeneratedFile>[] emitters =
        [
            new MainEmitter(model).Emit,
            new ParametersEmitter(model).Emit,
            new PlanEmitter(model).Emit,
            new ForwardEmitter(model).Emit,
            new LossEmitter(model).Emit,
            new BackwardEmitter(model).Emit,
            new DetectEmitter(model).Emit,
        ];
        return emitters.Select(emit =>
        {
            cancellation.ThrowIfCancellationRequested();
            return emit();
        }).ToEquatableArray();
    }
}
