using Fovea.Gpu.Goldens;
using Fovea.Gpu.Running;

namespace Fovea.Gpu.Stages;

/// <summary>7: the narrow golden models end to end in float32, and what bfloat16 makes of their losses.</summary>
internal sealed class GoldenStage : IStage
{
    /// <inheritdoc/>
    public string Name => "goldens";

    /// <inheritdoc/>
    public void Run(StageContext context)
    {
        foreach (var model in GoldenModel.All)
        {
            new GoldenRun(context, model).Run();
        }
    }
}
