using Fovea.Generator.Emission;
using Fovea.Generator.Passes;
using Fovea.Generator.Spec;

namespace Fovea.Generator;

/// <summary>From a valid spec to the files of the model: lower, passes, plan, emit.</summary>
internal static class ModelCompiler
{
    public static EquatableArray<GeneratedFile> Compile(ModelSpec spec, CancellationToken cancellation = default)
    {
        var model = new CompiledModel(spec, GraphBuilder.Inference(spec), GraphBuilder.Training(spec), cancellation);
        return new[]
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
}
