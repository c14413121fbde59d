namespace Fovea.Gpu.Running;

/// <summary>One of the program's steps. What fails inside is recorded; what escapes is recorded as the stage's failure.</summary>
internal interface IStage
{
    /// <summary>One word, for --only and the results.</summary>
    string Name { get; }

    /// <summary>Does it.</summary>
    void Run(StageContext context);
}
