using Fovea.Generator.Emission;
using Fovea.Generator.Graph;
using Fovea.Generator.Heads;
using Fovea.Generator.Passes;
using Fovea.Generator.Planning;
using Fovea.Generator.Spec;

namespace Fovea.Generator;

/// <summary>From a valid spec to the files of the model: lower, passes, plan, emit. Each stage looks at the token.</summary>
internal static class ModelCompiler
{
    public static EquatableArray<GeneratedFile> Compile(ModelSpec spec, CancellationToken cancellation = default) =>
        Compile(spec, HeadTable.Default.Of(spec).Network, cancellation);

    /// <param name="parts">What is chosen of the network, not built in.</param>
    public static EquatableArray<GeneratedFile> Compile(ModelSpec spec, NetworkParts parts, CancellationToken cancellation = default)
    {
        var inference = GraphBuilder.Inference(spec, parts, cancellation: cancellation);
        var training = GraphBuilder.Training(spec, parts, cancellation: cancellation);
        return Emit(Plan(spec, inference, training, cancellation));
    }

    /// <summary>Slots, parameters and handles of both graphs.</summary>
    public static CompiledModel Plan(ModelSpec spec, ModelGraph inference, ModelGraph training, CancellationToken cancellation = default)
    {
        var inferencePlan = MemoryPlanner.Plan(inference, cancellation);
        var trainingPlan = MemoryPlanner.Plan(training, cancellation);
        var layout = new ParameterLayout(training, inference, cancellation);
        var parameters = new ParameterStructs(training, inference, layout, cancellation);
        var canvas = spec.InputSizes.Count > 0 ? spec.InputSizes[0] : new(MemoryPlanner.ReferenceCanvas, MemoryPlanner.ReferenceCanvas);
        cancellation.ThrowIfCancellationRequested();
        return new(
            spec, inference, training, inferencePlan, trainingPlan, layout, parameters,
            PhaseHandles.Of("Inference", inference, inferencePlan, parameters, cancellation),
            PhaseHandles.Of("Training", training, trainingPlan, parameters, cancellation),
            canvas, CostTable.For(inference, canvas.Height, canvas.Width, cancellation), cancellation);
    }

    private static EquatableArray<GeneratedFile> Emit(CompiledModel model) => new[]
    {
        new MainEmitter(model).Emit(),
        new DescriptionEmitter(model).Emit(),
        new ParametersEmitter(model).Emit(),
        new PlanEmitter(model).Emit(),
        new ForwardEmitter(model).Emit(),
        new LossEmitter(model).Emit(),
        new BackwardEmitter(model).Emit(),
        new DetectEmitter(model).Emit(),
    }.ToEquatableArray();
}
