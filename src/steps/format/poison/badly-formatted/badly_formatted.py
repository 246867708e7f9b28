"""Planted: laid out as no formatter leaves it, under any quote style or line length."""
def   double( number ) :
      return(   number*2 )
