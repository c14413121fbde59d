using Fovea.Devices;

namespace Fovea.Training;

/// <summary>Forward and losses in training's way, with the batch's own norm statistics, that leave the running ones as they were.</summary>
/// <param name="model">The weights.</param>
internal sealed class ForwardPass(DeviceModel model)
{
    private readonly float[] kept = new float[model.Program.Description.StatisticsLength];

    /// <summary>Computes the session's batch. Nobody who detects meanwhile sees other statistics.</summary>
    /// <param name="session">Of the model.</param>
    /// <param name="start">Running statistics that it begins with; null: those that are there.</param>
    /// <param name="end">Takes those that it ends with, if given.</param>
    public StepResult Run(TrainingSession session, float[]? start = null, float[]? end = null)
    {
        model.EnterWrite();
        try
        {
            DetectorState.ReadStatistics(model, kept);
            try
            {
                DetectorState.WriteStatistics(model, start ?? kept);
                var result = session.Forward();
                DetectorState.ReadStatistics(model, end ?? []);
                return result;
            }
            finally
            {
                DetectorState.WriteStatistics(model, kept);
            }
        }
        finally
        {
            model.ExitWrite();
        }
    }
}
