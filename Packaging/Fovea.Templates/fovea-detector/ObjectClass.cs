using Fovea;

namespace Company.Detector1;

/// <summary>What is to be found. Names are those of the data set; [ClassName("…")] says one that is no name in C#.</summary>
public enum ObjectClass
{
    Members,
}
