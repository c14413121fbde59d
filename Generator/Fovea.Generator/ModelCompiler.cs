using Fovea.Generator.Spec;

namespace Fovea.Generator;

/// <summary>From a valid spec to the files of the model: lower, passes, plan, emit.</summary>
internal static class ModelCompiler
{
    public static EquatableArray<GeneratedFile> Compile(ModelSpec spec) => Emission.PublicSurfaceEmitter.Emit(spec, []);
}
